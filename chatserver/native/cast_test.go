package native_test

import (
	"context"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

const conversations = "/chat/v1/conversations"

// cast is a project with one pod and the people who act in a test.
type cast struct {
	*pod.Project
	t     *testing.T
	pod   *pod.Pod
	admin *client // the secret key alone
	ids   map[string]string
}

func newCast(t *testing.T, options pod.Options) *cast {
	t.Helper()
	project := pod.New(t, options)
	target := project.Start(t)
	return &cast{Project: project, t: t, pod: target, admin: newClient(t, target, key(project.SecretKey)), ids: map[string]string{}}
}

// onPostgreSQL makes a project that is kept there.
func onPostgreSQL(t *testing.T) pod.Options {
	t.Helper()
	database := services.Postgres(t)
	stored, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
	})
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { g.Expect(stored.Close()).To(Succeed()) })
	return pod.Options{Store: stored}
}

// withLimits makes a project whose limits are changed.
func withLimits(change func(*config.Limits)) pod.Options {
	limits := pod.GenerousLimits()
	change(&limits)
	return pod.Options{Limits: &limits}
}

// user makes a user and a client with its token.
func (c *cast) user(username string) *client { return c.userWithRole(username, model.UserPlain) }

func (c *cast) userWithRole(username string, role model.UserRole) *client {
	c.t.Helper()
	user, err := c.Store.CreateUser(c.t.Context(), store.NewUser{Username: username, Role: role, Properties: []byte("{}")})
	NewWithT(c.t).Expect(err).NotTo(HaveOccurred())
	c.ids[username] = user.ID.String()
	return newClient(c.t, c.pod, pod.Bearer(c.Token(c.t, user)))
}

// socket opens a WebSocket with the credentials of the client.
func (c *client) socket() *pod.Socket {
	c.t.Helper()
	return c.pod.Open(c.t, c.header)
}

// create makes a conversation and returns its path.
func (c *client) create(body map[string]any) string {
	c.t.Helper()
	return conversations + "/" + c.call("POST", conversations, body).expect(201)["id"].(string)
}

// with are members of a conversation to be created.
func with(people ...map[string]any) []any {
	list := make([]any, len(people))
	for i, each := range people {
		list[i] = each
	}
	return list
}

func named(username string) map[string]any { return map[string]any{"user": "username:" + username} }

func namedAs(username string, role model.MemberRole) map[string]any {
	return map[string]any{"user": "username:" + username, "role": role}
}

// rolesOf are the roles of the members, by user.
func (c *cast) rolesOf(path string) map[string]string {
	c.t.Helper()
	found := map[string]string{}
	names := map[string]string{}
	for name, id := range c.ids {
		names[id] = name
	}
	for _, item := range c.admin.call("GET", path+"/members", nil).expect(200)["items"].([]any) {
		member := item.(map[string]any)
		found[names[member["user"].(string)]] = member["role"].(string)
	}
	return found
}

// field collects one field of the items of a list.
func field(list map[string]any, name string) []any {
	var values []any
	for _, item := range list["items"].([]any) {
		values = append(values, item.(map[string]any)[name])
	}
	return values
}

func principalOf(c *cast, username string) chat.Principal {
	var id model.UserID
	NewWithT(c.t).Expect(id.UnmarshalText([]byte(c.ids[username]))).To(Succeed())
	return chat.Principal{User: id}
}

// sendTo is a message to the conversation with this path.
func sendTo(path, text string) chat.SendMessage {
	return chat.SendMessage{
		Conversation: model.ParseConversationRef(strings.TrimPrefix(path, conversations+"/")), Content: []byte(strconv.Quote(text)),
	}
}

func auditOf(action string) store.AuditFilter { return store.AuditFilter{Action: action} }
