package native_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestUnreadTotalsCountWhatTheUserWantsToSee(t *testing.T) {
	onEachEngine(t, func(t *testing.T, options pod.Options) {
		g := NewWithT(t)
		r := newPair(t, model.Group, options)
		direct := r.create(store.NewConversation{Type: model.Direct}, r.ada, r.grace)
		r.append(r.conversation, r.ada, 3)
		r.append(direct, r.ada, 2)
		total := func(query string, conversations, messages int) {
			t.Helper()
			answer := r.asGrace.call("GET", "/chat/v1/unread"+query, nil).expect(200)
			g.Expect(answer).To(numbers(map[string]int{"conversations": conversations, "messages": messages}), query)
		}
		total("", 2, 5)
		total("?type=direct", 1, 2)
		total("?type=group,direct", 2, 5)
		total("?type=ticket", 0, 0)
		r.asGrace.call("GET", "/chat/v1/unread?type=room", nil).refused(400, "invalid_request")
		r.asGrace.call("PUT", r.path("/mute"), map[string]any{"muted": true}).expect(200)
		total("", 1, 2)
		r.asGrace.call("PUT", pathOf(direct, "/hidden"), map[string]any{"hidden": true}).expect(200)
		total("", 0, 0)
		own := r.asAda.call("GET", "/chat/v1/unread", nil).expect(200)
		g.Expect(own).To(numbers(map[string]int{"conversations": 0, "messages": 0}), "own messages are read")
		server := newClient(t, r.one, key(r.project.SecretKey))
		server.call("GET", "/chat/v1/unread", nil).refused(400, "invalid_request")
		server.as(key(r.project.PublicKey)).call("GET", "/chat/v1/unread", nil).refused(403, "permission_denied")
	})
}

func TestTheUnreadCountEndsAtItsCap(t *testing.T) {
	r := newPair(t, model.Group, pod.Options{})
	for messages, wanted := range map[int]struct {
		count          int
		capped, unread bool
	}{
		0:                   {0, false, false},
		model.MaxUnread - 1: {model.MaxUnread - 1, false, true},
		model.MaxUnread:     {model.MaxUnread, true, true},
		model.MaxUnread + 1: {model.MaxUnread, true, true},
	} {
		t.Run(fmt.Sprint(messages), func(t *testing.T) {
			id := r.create(store.NewConversation{Type: model.Group}, r.ada, r.grace)
			if messages > 0 {
				r.append(id, r.ada, messages)
			}
			answer := r.asGrace.call("GET", pathOf(id, "/unread"), nil).expect(200)
			NewWithT(t).Expect(answer).To(SatisfyAll(numbers(map[string]int{"count": wanted.count}),
				HaveKeyWithValue("capped", wanted.capped), HaveKeyWithValue("hasUnread", wanted.unread)))
		})
	}
}

func TestBothSidesOfADirectConversationSeeEachOthersUnread(t *testing.T) {
	g := NewWithT(t)
	r := newPair(t, model.Direct, pod.Options{})
	r.send(r.asAda, 3)
	r.send(r.asGrace, 1)
	for as, own := range map[*client]int{r.asAda: 1, r.asGrace: 3} {
		answer := as.call("GET", r.path("/unread?all=true"), nil).expect(200)
		g.Expect(answer).To(numbers(map[string]int{"count": own}))
		g.Expect(answer["members"]).To(ConsistOf(
			SatisfyAll(HaveKeyWithValue("user", r.ada.ID.String()), numbers(map[string]int{"count": 1})),
			SatisfyAll(HaveKeyWithValue("user", r.grace.ID.String()), numbers(map[string]int{"count": 3}))))
	}
	g.Expect(r.asAda.call("GET", r.path("/unread"), nil).expect(200)).NotTo(HaveKey("members"))
	eve := newClient(t, r.one, pod.Bearer(r.project.Token(t, r.project.User(t, "eve"))))
	eve.call("GET", r.path("/unread?all=true"), nil).refused(404, "conversation_not_found")
	r.asAda.call("GET", r.path("/unread?all=yes"), nil).refused(400, "invalid_request")
	group := r.create(store.NewConversation{Type: model.Group}, r.ada, r.grace)
	r.asAda.call("GET", pathOf(group, "/unread?all=true"), nil).refused(400, "invalid_request")
	public := r.create(store.NewConversation{Type: model.Public}, r.ada)
	r.asGrace.call("GET", pathOf(public, "/unread"), nil).refused(404, "member_not_found")
}
