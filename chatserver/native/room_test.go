package native_test

import (
	"context"
	"log/slog"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

// room is a conversation with two members and a stranger to it.
type room struct {
	project               *pod.Project
	pod                   *pod.Pod
	ada, grace, alan      model.User // the owner, a member, and a stranger
	asAda, asGrace, admin *client
	asAlan                *client
	id                    model.ConversationID
	path                  string
}

func newRoom(t *testing.T, options pod.Options, wanted store.NewConversation) *room {
	t.Helper()
	project := pod.New(t, options)
	r := &room{project: project, ada: project.User(t, "ada"), grace: project.User(t, "grace"), alan: project.User(t, "alan")}
	if wanted.Type == "" {
		wanted.Type = model.Group
	}
	wanted.Properties = []byte("{}")
	if wanted.Type != model.Open {
		wanted.CreatedBy = r.ada.ID
		wanted.Members = []store.NewMember{{User: r.ada.ID, Role: model.RoleOwner}, {User: r.grace.ID, Role: model.RoleMember}}
	}
	made, err := project.Store.CreateConversation(t.Context(), wanted)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	r.id, r.path = made.Conversation.ID, "/chat/v1/conversations/"+made.Conversation.ID.String()
	r.pod = project.Start(t)
	r.admin = newClient(t, r.pod, key(project.SecretKey))
	r.asAda = r.admin.as(pod.Bearer(project.Token(t, r.ada)))
	r.asGrace = r.admin.as(pod.Bearer(project.Token(t, r.grace)))
	r.asAlan = r.admin.as(pod.Bearer(project.Token(t, r.alan)))
	return r
}

func newGroup(t *testing.T) *room {
	t.Helper()
	return newRoom(t, pod.Options{}, store.NewConversation{})
}

// onEveryEngine runs a test on the store of development and on that of a cluster.
func onEveryEngine(t *testing.T, run func(t *testing.T, r *room)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { run(t, newGroup(t)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		database := services.Postgres(t)
		stored, err := postgres.Open(t.Context(), postgres.Options{
			DSN:    func(context.Context) (string, error) { return database, nil },
			Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
		})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		t.Cleanup(func() { NewWithT(t).Expect(stored.Close()).To(Succeed()) })
		run(t, newRoom(t, pod.Options{Store: stored}, store.NewConversation{}))
	})
}

// change runs a transaction on the room, of which no pod is told.
func (r *room) change(t *testing.T, do func(store.Change) error) {
	t.Helper()
	NewWithT(t).Expect(r.project.Store.ChangeConversation(t.Context(), r.id, do)).To(Succeed())
}

// send sends a message that must be new.
func (r *room) send(c *client, body map[string]any) map[string]any {
	c.t.Helper()
	return c.call("POST", r.path+"/messages", body).expect(201)
}

// texts reads messages and gives their contents.
func (r *room) texts(c *client, query string) []any {
	c.t.Helper()
	return contents(c.call("GET", r.path+"/messages?"+query, nil).expect(200))
}

func contents(page map[string]any) []any {
	list := []any{}
	for _, item := range page["items"].([]any) {
		list = append(list, item.(map[string]any)["content"])
	}
	return list
}

func (r *room) message(sent map[string]any) string {
	return r.path + "/messages/" + sent["id"].(string)
}

func reaction(message, emoji string) string { return message + "/reactions/" + url.PathEscape(emoji) }
