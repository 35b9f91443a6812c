package native_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// ask sends a frame and gives its answer, which must be granted.
func ask(t *testing.T, socket *pod.Socket, frame map[string]any) map[string]any {
	t.Helper()
	socket.Send(frame)
	answer := socket.Await(pod.Answer(int64(frame["id"].(int))))
	NewWithT(t).Expect(answer.Error).To(BeNil())
	return decoded(t, answer.OK)
}

// askInVain sends a frame that must be refused with the code.
func askInVain(t *testing.T, socket *pod.Socket, frame map[string]any, code string) {
	t.Helper()
	socket.Send(frame)
	answer := socket.Await(pod.Answer(int64(frame["id"].(int))))
	NewWithT(t).Expect(answer.Error).To(HaveValue(HaveField("Code", code)))
}

func decoded(t *testing.T, encoded json.RawMessage) map[string]any {
	t.Helper()
	var object map[string]any
	NewWithT(t).Expect(json.Unmarshal(encoded, &object)).To(Succeed())
	return object
}

func TestMessagesLiveOverTheWebSocket(t *testing.T) { onEveryEngine(t, messagesLiveOverTheWebSocket) }

func messagesLiveOverTheWebSocket(t *testing.T, r *room) {
	g := NewWithT(t)
	ada := r.pod.Open(t, pod.Bearer(r.project.Token(t, r.ada)))
	grace := r.project.Start(t).Open(t, pod.Bearer(r.project.Token(t, r.grace)))
	room := r.id.String()

	root := ask(t, ada, map[string]any{"id": 1, "op": "send", "conversation": room, "content": "hi @grace"})
	g.Expect(root).To(HaveKeyWithValue("durable", true))
	created := decoded(t, grace.Await(pod.Event("message.created")).Data)
	g.Expect(created).To(And(
		HaveKeyWithValue("author", map[string]any{"username": "ada"}),
		HaveKeyWithValue("mentions", ConsistOf(HaveKeyWithValue("user", r.grace.ID.String()))),
	))
	message := root["id"]
	ask(t, ada, map[string]any{
		"id": 2, "op": "send", "conversation": room, "type": "file", "content": "x", "attachments": attachments(1), "groupTag": "g",
		"mentions": []any{map[string]any{"user": "username:alan"}}, "parent": message, "externalId": "m-2", "clientId": "c", "properties": map[string]any{},
	})
	g.Expect(decoded(t, grace.Await(pod.Event("message.created")).Data)).To(HaveKeyWithValue("thread", message))

	edited := ask(t, ada, map[string]any{"id": 3, "op": "edit", "conversation": room, "message": message, "content": "hello", "properties": map[string]any{"a": 1}})
	g.Expect(edited).To(HaveKeyWithValue("author", map[string]any{"username": "ada"}))
	g.Expect(decoded(t, grace.Await(pod.Event("message.edited")).Data)).To(Equal(edited))

	counted := ask(t, ada, map[string]any{"id": 4, "op": "react", "conversation": room, "message": message, "emoji": "👍"})
	frame := grace.Await(pod.Event("reaction.added"))
	g.Expect(frame.Rev).To(BeEquivalentTo(counted["rev"]))
	added := decoded(t, frame.Data)
	g.Expect(counted).To(HaveKeyWithValue("author", map[string]any{"username": "ada"}))
	g.Expect(added["message"]).To(Equal(any(counted)))
	g.Expect(added["reaction"]).To(And(HaveKeyWithValue("user", r.ada.ID.String()), HaveKeyWithValue("emoji", "👍")))
	askInVain(t, grace, map[string]any{"id": 1, "op": "react", "conversation": room, "message": message, "emoji": "👍", "remove": true}, "reaction_not_found")
	uncounted := ask(t, ada, map[string]any{"id": 5, "op": "react", "conversation": room, "message": message, "emoji": "👍", "remove": true})
	g.Expect(uncounted).NotTo(HaveKey("reactions"))
	g.Expect(decoded(t, grace.Await(pod.Event("reaction.removed")).Data)["message"]).To(Equal(any(uncounted)))

	ask(t, ada, map[string]any{"id": 6, "op": "event", "conversation": room, "type": "poll.opened", "properties": map[string]any{"poll": 7}})
	triggered := grace.Await(pod.Event("event.triggered"))
	g.Expect(triggered.Conversation).To(Equal(room))
	g.Expect(string(triggered.Data)).To(MatchJSON(`{"type":"poll.opened","user":"` + r.ada.ID.String() + `","properties":{"poll":7}}`))

	askInVain(t, grace, map[string]any{"id": 2, "op": "edit", "conversation": room, "message": message, "content": "mine"}, "permission_denied")
	askInVain(t, grace, map[string]any{"id": 3, "op": "delete", "conversation": room, "message": message}, "permission_denied")
	ask(t, grace, map[string]any{"id": 4, "op": "delete", "conversation": room, "message": message, "for": "me"})
	ask(t, ada, map[string]any{"id": 7, "op": "delete", "conversation": room, "message": message})
	g.Expect(decoded(t, grace.Await(pod.Event("message.deleted")).Data)).To(HaveKeyWithValue("deletedBy", r.ada.ID.String()))
	for id, frame := range []map[string]any{
		{"op": "edit", "message": message}, {"op": "edit", "conversation": room}, {"op": "delete", "conversation": room},
		{"op": "event", "type": "x"}, {"op": "react", "conversation": room, "emoji": "x"}, {"op": "react", "conversation": room, "message": message},
		{"op": "delete", "conversation": room, "message": message, "for": "you"}, {"op": "send", "conversation": room, "content": "x", "sender": "ada"},
		{"op": "send", "conversation": room, "content": "x", "parent": "external:"}, {"op": "event", "conversation": room, "type": "A"},
	} {
		frame["id"] = 100 + id
		askInVain(t, ada, frame, "invalid_request")
	}
}

func TestWhatIsNotKeptIsDeliveredInOrderWithoutAnID(t *testing.T) {
	g := NewWithT(t)
	r := newRoom(t, pod.Options{}, store.NewConversation{Ephemeral: true})
	ada := r.pod.Open(t, pod.Bearer(r.project.Token(t, r.ada)))
	grace := r.project.Start(t).Open(t, pod.Bearer(r.project.Token(t, r.grace)))
	const count = 30
	for i := range count {
		ada.Send(map[string]any{"id": i, "op": "send", "conversation": r.id.String(), "content": map[string]any{"text": "x", "n": i}})
	}
	for i := range count {
		frame := grace.Await(pod.Event("message.created"))
		g.Expect(frame.Rev).To(BeZero())
		delivered := decoded(t, frame.Data)
		g.Expect(delivered).To(And(
			HaveKeyWithValue("content", HaveKeyWithValue("n", BeEquivalentTo(i))), HaveKeyWithValue("author", map[string]any{"username": "ada"}),
			Not(Or(HaveKey("id"), HaveKey("seq"), HaveKey("rev"), HaveKey("createdRev"))),
		))
	}
	ack := decoded(t, ada.Await(pod.Answer(count-1)).OK)
	g.Expect(ack).To(And(HaveKeyWithValue("durable", false), Not(Or(HaveKey("id"), HaveKey("seq"), HaveKey("rev")))))
}

func TestASystemMessageIsSentByNobody(t *testing.T) {
	g := NewWithT(t)
	r := newGroup(t)
	grace := r.pod.Open(t, pod.Bearer(r.project.Token(t, r.grace)))
	r.send(r.admin, map[string]any{"type": string(model.SystemTextMessage), "content": "Ada joined"})
	g.Expect(decoded(t, grace.Await(pod.Event("message.created")).Data)).NotTo(Or(HaveKey("sender"), HaveKey("author")))
	ada := r.pod.Open(t, onBehalf(r.project.SecretKey, "username:ada"))
	ask(t, ada, map[string]any{"id": 1, "op": "send", "conversation": r.id.String(), "type": "system_text", "content": "hello"})
	askInVain(t, grace, map[string]any{"id": 1, "op": "send", "conversation": r.id.String(), "type": "system_text", "content": "hello"}, "permission_denied")
}
