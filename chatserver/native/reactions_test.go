package native_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

func TestReactionsAreCountedOncePerUserAndEmoji(t *testing.T) {
	onEveryEngine(t, reactionsAreCountedOncePerUserAndEmoji)
}

func reactionsAreCountedOncePerUserAndEmoji(t *testing.T, r *room) {
	g := NewWithT(t)
	sent := r.send(r.asAda, map[string]any{"content": "x"})
	path := r.message(sent)
	r.asGrace.call("PUT", reaction(path, "👍"), nil).expect(201)
	r.asGrace.call("PUT", reaction(path, "👍"), nil).expect(200)
	r.asGrace.call("PUT", reaction(path, "a/b"), nil).expect(201)
	counted := r.admin.as(onBehalf(r.project.SecretKey, "username:ada")).call("PUT", reaction(path, "👍"), nil).expect(201)
	g.Expect(counted["reactions"]).To(Equal(map[string]any{"👍": 2.0, "a/b": 1.0}))
	g.Expect(counted["rev"]).To(BeNumerically(">", sent["rev"]))
	g.Expect(r.asAda.call("GET", path, nil).expect(200)).To(Equal(counted))

	all := r.asAda.call("GET", path+"/reactions?limit=2", nil).expect(200)
	g.Expect(all["items"]).To(HaveLen(2))
	g.Expect(all).To(HaveKeyWithValue("total", 3.0))
	rest := r.asAda.call("GET", path+"/reactions?limit=2&cursor="+all["next"].(string), nil).expect(200)
	g.Expect(rest["items"]).To(HaveLen(1))
	one := r.asAda.call("GET", path+"/reactions?emoji=a%2Fb", nil).expect(200)
	g.Expect(one["items"]).To(ConsistOf(And(HaveKeyWithValue("user", r.grace.ID.String()), HaveKeyWithValue("emoji", "a/b"))))

	left := r.asGrace.call("DELETE", reaction(path, "👍"), nil).expect(200)
	g.Expect(left["reactions"]).To(Equal(map[string]any{"👍": 1.0, "a/b": 1.0}))
	r.asGrace.call("DELETE", reaction(path, "👍"), nil).refused(404, "reaction_not_found")
}

func TestAReactionIsRefusedToOneWhoMayNot(t *testing.T) {
	r := newGroup(t)
	sent := r.send(r.asAda, map[string]any{"content": "x"})
	path := r.message(sent)
	for _, bad := range []string{"a b", "\u2003", "\u0085", strings.Repeat("x", 65)} {
		r.asAda.call("PUT", reaction(path, bad), nil).refused(400, "invalid_request")
	}
	r.asAda.call("PUT", reaction(path, strings.Repeat("x", 64)), nil).expect(201)
	r.asAlan.call("PUT", reaction(path, "👍"), nil).refused(404, "conversation_not_found")
	r.asAlan.call("GET", path+"/reactions", nil).refused(404, "conversation_not_found")
	r.admin.call("PUT", reaction(path, "👍"), nil).refused(400, "invalid_request")
	r.admin.as(onBehalf(r.project.SecretKey, "username:alan")).call("PUT", reaction(path, "👍"), nil).refused(404, "member_not_found")
	r.asAda.call("PUT", reaction(r.path+"/messages/nothing", "👍"), nil).refused(404, "message_not_found")
	r.change(t, func(change store.Change) error {
		change.Conversation().Status = model.ConversationArchived
		change.Next()
		return nil
	})
	r.asGrace.call("PUT", reaction(path, "👍"), nil).refused(409, "conversation_archived")
	r.asAda.call("DELETE", path, nil).expect(204)
	r.asAda.call("DELETE", reaction(path, strings.Repeat("x", 64)), nil).refused(409, "message_deleted")
}

func TestAMessageHasAsManyDifferentReactionsAsTheProjectAllows(t *testing.T) {
	limits := pod.GenerousLimits()
	limits.ReactionsPerMessage = 3
	r := newRoom(t, pod.Options{Limits: &limits}, store.NewConversation{})
	path := r.message(r.send(r.asAda, map[string]any{"content": "x"}))
	for i := range 3 {
		r.asAda.call("PUT", reaction(path, fmt.Sprint(i)), nil).expect(201)
	}
	r.asAda.call("PUT", reaction(path, "3"), nil).refused(409, "too_many_reactions")
	r.asGrace.call("PUT", reaction(path, "2"), nil).expect(201)
	r.asAda.call("DELETE", reaction(path, "0"), nil).expect(200)
	r.asAda.call("PUT", reaction(path, "3"), nil).expect(201)
}
