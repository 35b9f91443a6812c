package native_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestMessagesOfAnOpenConversationReachThoseWhoAreInIt(t *testing.T) {
	g := NewWithT(t)
	r := newRoom(t, pod.Options{}, store.NewConversation{Type: model.Open, Ephemeral: true})
	// Both are on one pod: what one of them got was not on its way to the other any more.
	other := r.project.Start(t)
	inside := other.Open(t, pod.Bearer(r.project.Token(t, r.grace)))
	outside := other.Open(t, pod.Bearer(r.project.Token(t, r.alan)))
	send := func(text string) {
		r.asAda.call("POST", r.path+"/messages", map[string]any{"content": text}).expect(200)
	}
	ask(t, inside, map[string]any{"id": 1, "op": "attach", "conversation": r.id.String()})
	send("one")
	g.Expect(decoded(t, inside.Await(pod.Event("message.created")).Data)).To(HaveKeyWithValue("content", "one"))
	ask(t, inside, map[string]any{"id": 2, "op": "detach", "conversation": r.id.String()})
	ask(t, outside, map[string]any{"id": 1, "op": "attach", "conversation": r.id.String()})
	send("two")
	g.Expect(decoded(t, outside.Await(pod.Event("message.created")).Data)).To(HaveKeyWithValue("content", "two"), "the first came too early")
	inside.Send(map[string]any{"id": 3, "op": "ping"})
	inside.Await(func(frame pod.Frame) bool {
		g.Expect(frame.Event).NotTo(Equal("message.created"), "the second came after it left")
		return pod.Answer(3)(frame)
	})
}
