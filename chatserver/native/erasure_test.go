package native_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/test/pod"
	"github.com/parley-chat/parley/test/services"
)

func onPostgres(t *testing.T) store.Store {
	t.Helper()
	database := services.Postgres(t)
	opened, err := postgres.Open(t.Context(), postgres.Options{
		DSN:    func(context.Context) (string, error) { return database, nil },
		Schema: "parley", Project: pod.UID, Logger: slog.New(slog.DiscardHandler),
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(opened.Close()).To(Succeed()) })
	return opened
}

// fill has the users write and react in the conversation, straight in the store.
func fill(t *testing.T, stored store.Store, conversation model.ConversationID, count int, users ...model.UserID) {
	t.Helper()
	g := NewWithT(t)
	for _, user := range users {
		var group []store.NewMessage
		for i := range count {
			group = append(group, store.NewMessage{
				Conversation: conversation, Sender: user, ClientID: fmt.Sprint(user, i), Type: model.TextMessage,
				Content: []byte(`"secret plans"`), Properties: []byte("{}"),
			})
		}
		outcomes, err := stored.Append(t.Context(), group)
		g.Expect(err).NotTo(HaveOccurred())
		for _, outcome := range outcomes {
			g.Expect(outcome.Err).NotTo(HaveOccurred())
		}
		g.Expect(stored.ChangeConversation(t.Context(), conversation, func(change store.Change) error {
			for _, reactor := range users {
				if _, err := change.AddReaction(t.Context(), outcomes[0].Message.Seq, reactor, "👍"); err != nil {
					return err
				}
			}
			message, err := change.Message(t.Context(), model.MessageRef{ID: outcomes[0].Message.ID})
			if err != nil {
				return err
			}
			message.Rev = change.Next()
			return change.SaveMessage(t.Context(), message)
		})).To(Succeed())
	}
}

func TestAnErasedUserLeavesNothingButNumbers(t *testing.T) {
	for engine, open := range map[string]func(*testing.T) store.Store{
		"SQLite": func(*testing.T) store.Store { return nil }, "PostgreSQL": onPostgres,
	} {
		t.Run(engine, func(t *testing.T) {
			f := newUsersFixture(t, pod.Options{Store: open(t)})
			stored := f.project.Store
			room := f.project.Group(t, model.User{ID: f.graceID}, model.User{ID: f.adaID})
			other := f.project.Group(t, model.User{ID: f.graceID}, model.User{ID: f.adaID})
			// More than one batch of messages, and reactions of both to both.
			fill(t, stored, room.ID, 150, f.adaID, f.graceID)
			fill(t, stored, other.ID, 3, f.graceID, f.adaID)
			watching, own := f.pod.Open(t, f.grace.header), f.pod.Open(t, f.ada.header)

			job := f.ada.call("DELETE", mePath, nil).expect(202)
			f.Expect(job).To(And(HaveKeyWithValue("kind", "user.erase"), HaveKeyWithValue("user", f.adaID.String())))
			f.Expect(closeCode(t, own)).To(Equal(4002))
			f.ada.call("GET", mePath, nil).refused(401, "invalid_token")
			f.key.call("GET", usersPath+"/"+f.adaID.String(), nil).refused(404, "user_not_found")
			f.key.call("DELETE", usersPath+"/"+f.adaID.String(), nil).refused(404, "user_not_found")
			f.key.call("POST", usersPath, object{"username": "ada"}).expect(201)

			done := func() object { return f.key.call("GET", "/chat/v1/jobs/"+job["id"].(string), nil).expect(200) }
			f.Eventually(done, "60s").Should(HaveKeyWithValue("state", "done"))
			f.Expect(done()).To(And(HaveKeyWithValue("done", 150.0+3+2+2), HaveKeyWithValue("total", 157.0)))
			f.Expect(watching.Await(pod.Event("member.removed")).Conversation).NotTo(BeEmpty())
			watching.Await(pod.Event("message.deleted"))
			f.Expect(string(watching.Await(pod.Event("reaction.removed")).Data)).To(ContainSubstring(f.adaID.String()))

			for _, id := range []model.ConversationID{room.ID, other.ID} {
				members, total, err := stored.ListMembers(t.Context(), id, store.MemberFilter{}, model.ListPage{Limit: 10})
				f.Expect(err).NotTo(HaveOccurred())
				f.Expect(total).To(BeEquivalentTo(1))
				f.Expect(members[0].User).To(Equal(f.graceID))
				messages, err := stored.Messages(t.Context(), id, store.MessageFilter{}, model.MessagePage{Oldest: true, Limit: 1000})
				f.Expect(err).NotTo(HaveOccurred())
				for i, message := range messages {
					f.Expect(message.Seq).To(BeEquivalentTo(i+1), "no seq is missing")
					f.Expect(message.Deleted()).To(Equal(message.Sender == f.adaID))
					if message.Deleted() {
						f.Expect(message.Content).To(BeEmpty())
						f.Expect(message.Author).To(BeNil())
					}
					f.Expect(message.Reactions["👍"]).To(BeNumerically("<=", 1), "the reactions of the other stay")
				}
			}
		})
	}
}

func TestJobsAndTheAuditAreForAdministrators(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	_, id, _ := keyset.Parse(f.project.SecretKey)
	f.key.call("PATCH", usersPath+"/username:grace", object{"role": "moderator", "permissions": object{"admin.view": true}}).expect(200)
	f.admin.call("PATCH", usersPath+"/username:grace", object{"accountStatus": "suspended"}).expect(200)
	f.admin.call("POST", usersPath+"/username:grace/tokens/revoke", nil).expect(204)
	job := f.admin.call("DELETE", usersPath+"/username:grace", nil).expect(202)

	audited := func(query string) (actions []string) {
		for _, item := range f.admin.call("GET", "/chat/v1/audit"+query, nil).expect(200)["items"].([]any) {
			actions = append(actions, item.(object)["action"].(string))
		}
		return actions
	}
	f.Expect(audited("")).To(Equal([]string{"user.deleted", "tokens.revoked", "user.suspended", "user.permissions_changed", "user.role_changed"}))
	f.Expect(audited("?action=user.deleted")).To(HaveLen(1))
	f.Expect(audited("?actor=" + f.adminID.String())).To(Equal([]string{"user.deleted", "tokens.revoked", "user.suspended"}))
	f.Expect(audited("?user=" + f.adaID.String())).To(BeEmpty())
	f.Expect(audited("?since=2100-01-01T00:00:00Z")).To(BeEmpty())
	f.Expect(audited("?conversation=" + f.adaID.String())).To(BeEmpty())
	event := f.key.call("GET", "/chat/v1/audit?action=user.role_changed", nil).expect(200)["items"].([]any)[0]
	f.Expect(event).To(And(HaveKeyWithValue("key", id), HaveKeyWithValue("details", object{"from": "user", "to": "moderator"}), HaveKeyWithValue("user", f.graceID.String())))

	f.Expect(f.key.call("GET", "/chat/v1/jobs", nil).expect(200)["items"]).To(HaveExactElements(HaveKeyWithValue("id", job["id"])))
	f.Eventually(func() any { return f.admin.call("GET", "/chat/v1/jobs?state=done", nil).expect(200)["total"] }, "30s").Should(Equal(1.0))
	f.key.call("GET", "/chat/v1/jobs/nothing", nil).refused(404, "job_not_found")
	f.key.call("GET", "/chat/v1/jobs?state=late", nil).refused(400, "invalid_request")
	f.key.call("GET", "/chat/v1/audit?user=ada", nil).refused(400, "invalid_request")
	for _, other := range []*client{f.ada, f.staff, f.public} {
		other.call("GET", "/chat/v1/jobs", nil).refused(403, "permission_denied")
		other.call("GET", "/chat/v1/jobs/"+job["id"].(string), nil).refused(403, "permission_denied")
		other.call("GET", "/chat/v1/audit", nil).refused(403, "permission_denied")
	}
}

func TestADeletedConversationIsErasedByItsJob(t *testing.T) {
	f := newUsersFixture(t, pod.Options{})
	room := f.project.Group(t, model.User{ID: f.adaID}, model.User{ID: f.graceID})
	fill(t, f.project.Store, room.ID, 20, f.adaID, f.graceID)
	path := "/chat/v1/conversations/" + room.ID.String()
	f.key.call("DELETE", path+"/messages/"+fmt.Sprint(firstMessage(t, f, room.ID)), nil).expect(204)
	job := f.ada.call("DELETE", path, nil).expect(202)
	f.Eventually(func() object { return f.key.call("GET", "/chat/v1/jobs/"+job["id"].(string), nil).expect(200) }, "60s").Should(HaveKeyWithValue("state", "done"))
	events := f.key.call("GET", "/chat/v1/audit?conversation="+room.ID.String(), nil).expect(200)["items"]
	f.Expect(events).To(HaveExactElements(
		And(HaveKeyWithValue("action", "conversation.deleted"), HaveKeyWithValue("actor", f.adaID.String())),
		And(HaveKeyWithValue("action", "message.deleted"), HaveKeyWithValue("user", f.adaID.String()), HaveKey("message"))))
}

func firstMessage(t *testing.T, f *usersFixture, id model.ConversationID) model.MessageID {
	t.Helper()
	messages, err := f.project.Store.Messages(t.Context(), id, store.MessageFilter{}, model.MessagePage{Oldest: true, Limit: 1})
	f.Expect(err).NotTo(HaveOccurred())
	return messages[0].ID
}
