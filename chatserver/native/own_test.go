package native_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestWhatOnlyTheMemberSeesIsToldToItsSessionsAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		r.append(r.conversation, r.ada, 2)
		other, foreign := r.one.Open(t, r.asGrace.header), r.one.Open(t, r.asAda.header)
		told := func() marks { return data[marks](t, other.Await(pod.Event("membership.updated")).Data) }

		muted := r.asGrace.call("PUT", r.path("/mute"), map[string]any{"muted": true}).expect(200)
		g.Expect(muted).To(HaveKeyWithValue("muted", true))
		g.Expect(told()).To(SatisfyAll(HaveField("Muted", true), HaveField("OwnRev", BeNumerically("==", muted["ownRev"]))))
		r.asGrace.call("PUT", r.path("/hidden"), map[string]any{"hidden": true}).expect(200)
		g.Expect(told().Hidden).To(BeTrue())
		r.asGrace.call("POST", r.path("/clear"), nil).expect(200)
		g.Expect(told().ClearedSeq).To(Equal(2))
		same := r.asGrace.call("PUT", r.path("/mute"), map[string]any{"muted": true}).expect(200)
		g.Expect(same["ownRev"]).To(BeNumerically("==", muted["ownRev"].(float64)+2), "nothing changed")

		r.append(r.conversation, r.grace, 1)
		back := r.asGrace.call("PUT", r.path("/mute"), map[string]any{"muted": false}).expect(200)
		g.Expect(back).To(HaveKeyWithValue("hidden", false), "a message brings it back")
		g.Expect(told()).To(HaveField("Muted", false))
		r.send(r.asAda, 1)
		g.Expect(foreign.Next().Event).To(Equal("message.created"))
	})
}

func TestAClearedHistoryIsGoneForTheMemberAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		r.append(r.conversation, r.ada, 4)
		cleared := func(body any) map[string]any {
			return r.asGrace.call("POST", r.path("/clear"), body).expect(200)
		}
		g.Expect(cleared(map[string]any{"upTo": 2})).To(numbers(map[string]int{"clearedSeq": 2}))
		g.Expect(r.seqs(r.asGrace)).To(Equal([]int{3, 4}))
		g.Expect(r.asGrace.call("GET", r.path("/unread"), nil).expect(200)).To(numbers(map[string]int{"count": 2}))
		g.Expect(cleared(map[string]any{"upTo": 0})).To(numbers(map[string]int{"clearedSeq": 2}), "cleared is cleared")
		g.Expect(cleared(map[string]any{"upTo": 99})).To(numbers(map[string]int{"clearedSeq": 4}))
		g.Expect(r.seqs(r.asGrace)).To(BeEmpty())
		g.Expect(r.asGrace.call("GET", "/chat/v1/unread", nil).expect(200)).To(numbers(map[string]int{"conversations": 0, "messages": 0}))
		g.Expect(r.lastMessage(r.grace)).To(BeNil())
		g.Expect(r.seqs(r.asAda)).To(Equal([]int{1, 2, 3, 4}))
		g.Expect(r.lastMessage(r.ada).Seq).To(BeEquivalentTo(4))
		r.send(r.asAda, 1)
		g.Expect(r.seqs(r.asGrace)).To(Equal([]int{5}))
	})
}

// lastMessage is what the user's list of conversations shows of the room.
func (r *pair) lastMessage(user model.User) *model.Message {
	r.t.Helper()
	views, _, err := r.project.Store.ListConversations(r.t.Context(),
		store.ConversationFilter{Viewer: user.ID, MemberOf: user.ID}, model.ListPage{Limit: 10})
	NewWithT(r.t).Expect(err).NotTo(HaveOccurred())
	for _, view := range views {
		if view.ID == r.conversation {
			return view.LastMessage
		}
	}
	r.t.Fatal("the user's list lacks the conversation")
	return nil
}

func TestBadOwnStateIsRefused(t *testing.T) {
	r := newPair(t, model.Public, pod.Options{})
	for _, test := range []struct{ method, path, body string }{
		{"PUT", "/mute", `{}`},
		{"PUT", "/mute", `{"muted":"yes"}`},
		{"PUT", "/hidden", ``},
		{"PUT", "/hidden", `{"hidden":true,"muted":true}`},
		{"POST", "/clear", `{"upTo":-1}`},
		{"POST", "/clear", `{"upTo":1.5}`},
	} {
		r.asAda.call(test.method, r.path(test.path), test.body).refused(400, "invalid_request")
	}
	eve := newClient(t, r.one, pod.Bearer(r.project.Token(t, r.project.User(t, "eve"))))
	eve.call("PUT", r.path("/mute"), `{"muted":true}`).refused(404, "member_not_found")
	eve.call("PUT", r.path("/hidden"), `{"hidden":true}`).refused(404, "member_not_found")
	server := newClient(t, r.one, key(r.project.SecretKey))
	server.call("PUT", r.path("/mute"), `{"muted":true}`).refused(400, "invalid_request")
	server.as(onBehalf(r.project.SecretKey, "username:grace")).call("PUT", r.path("/mute"), `{"muted":true}`).expect(200)
	member, err := r.project.Store.Member(t.Context(), r.conversation, r.grace.ID)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(member.Muted).To(BeTrue())
}
