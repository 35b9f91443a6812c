package native_test

import (
	"encoding/json"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/pod"
)

// pair is a conversation of ada and grace, served by two pods: ada's calls go to
// the first one, grace's to the second.
type pair struct {
	t            *testing.T
	project      *pod.Project
	one, two     *pod.Pod
	ada, grace   model.User
	conversation model.ConversationID
	asAda        *client
	asGrace      *client
}

func newPair(t *testing.T, kind model.ConversationType, options pod.Options) *pair {
	t.Helper()
	project := pod.New(t, options)
	r := &pair{t: t, project: project, ada: project.User(t, "ada"), grace: project.User(t, "grace")}
	r.conversation = r.create(store.NewConversation{Type: kind}, r.ada, r.grace)
	r.one, r.two = project.Start(t), project.Start(t)
	r.asAda = newClient(t, r.one, pod.Bearer(project.Token(t, r.ada)))
	r.asGrace = newClient(t, r.two, pod.Bearer(project.Token(t, r.grace)))
	return r
}

// create stores a conversation of the users; the first one owns it.
func (r *pair) create(conversation store.NewConversation, users ...model.User) model.ConversationID {
	r.t.Helper()
	conversation.Properties = json.RawMessage("{}")
	for i, user := range users {
		role := model.RoleMember
		if i == 0 {
			role = model.RoleOwner
			conversation.CreatedBy = user.ID
		}
		conversation.Members = append(conversation.Members, store.NewMember{User: user.ID, Role: role})
	}
	made, err := r.project.Store.CreateConversation(r.t.Context(), conversation)
	NewWithT(r.t).Expect(err).NotTo(HaveOccurred())
	return made.Conversation.ID
}

// users stores more users.
func (r *pair) users(n int) []model.User {
	users := make([]model.User, n)
	for i := range users {
		users[i] = r.project.User(r.t, fmt.Sprint("user-", i))
	}
	return users
}

func (r *pair) path(rest string) string { return pathOf(r.conversation, rest) }

func pathOf(conversation model.ConversationID, rest string) string {
	return "/chat/v1/conversations/" + conversation.String() + rest
}

// send sends messages and returns the id of the last one.
func (r *pair) send(from *client, n int) string {
	r.t.Helper()
	var id string
	for i := range n {
		id, _ = from.call("POST", r.path("/messages"), map[string]any{"content": fmt.Sprint("m", i)}).expect(201)["id"].(string)
	}
	return id
}

// append stores many messages at once.
func (r *pair) append(conversation model.ConversationID, sender model.User, n int) {
	r.t.Helper()
	g := NewWithT(r.t)
	group := make([]store.NewMessage, n)
	for i := range group {
		group[i] = store.NewMessage{
			Conversation: conversation, Sender: sender.ID, ClientID: fmt.Sprint("c", i), Type: model.TextMessage,
			Content: json.RawMessage(`"hi"`), Properties: json.RawMessage("{}"),
		}
	}
	outcomes, err := r.project.Store.Append(r.t.Context(), group)
	g.Expect(err).NotTo(HaveOccurred())
	for _, outcome := range outcomes {
		g.Expect(outcome.Err).NotTo(HaveOccurred())
	}
}

// seqs are those of the messages that the client sees.
func (r *pair) seqs(as *client) []int {
	r.t.Helper()
	seqs := []int{}
	for _, item := range as.call("GET", r.path("/messages"), nil).expect(200)["items"].([]any) {
		seqs = append(seqs, int(item.(map[string]any)["seq"].(float64)))
	}
	return seqs
}

// numbers matches an object's fields, whose numbers are float64.
func numbers(fields map[string]int) types.GomegaMatcher {
	matchers := make([]types.GomegaMatcher, 0, len(fields))
	for name, value := range fields {
		matchers = append(matchers, HaveKeyWithValue(name, BeNumerically("==", value)))
	}
	return SatisfyAll(matchers...)
}
