package postgres

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// TestReactionsKeepTheirOrderWhenTheClockGoesBack moves the first reaction into
// the future, which looks the same.
func TestReactionsKeepTheirOrderWhenTheClockGoesBack(t *testing.T) {
	g := NewWithT(t)
	database := services.Postgres(t)
	opened := openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"})
	user, err := opened.CreateUser(t.Context(), store.NewUser{})
	g.Expect(err).NotTo(HaveOccurred())
	made, err := opened.CreateConversation(t.Context(), store.NewConversation{
		Type: model.Group, CreatedBy: user.ID, Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
		FirstMessages: []store.NewMessage{{Sender: user.ID, ClientID: "a", Type: model.TextMessage, Content: []byte(`"x"`)}},
	})
	g.Expect(err).NotTo(HaveOccurred())
	room := made.Conversation.ID
	for i, emoji := range []string{"👍", "🎉", "👎"} {
		g.Expect(opened.ChangeConversation(t.Context(), room, func(change store.Change) error {
			_, err := change.AddReaction(t.Context(), 1, user.ID, emoji)
			return err
		})).To(Succeed())
		if i == 0 {
			execute(t, database, "UPDATE project.reactions SET created_at = created_at + interval '1 hour'")
		}
	}
	reactions, _, err := opened.ListReactions(t.Context(), room, 1, "", model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reactions).To(HaveLen(3))
	for i, emoji := range []string{"👍", "🎉", "👎"} {
		g.Expect(reactions[i].Emoji).To(Equal(emoji))
		g.Expect(reactions[i].CreatedAt).To(Equal(reactions[0].CreatedAt.Add(time.Duration(i) * time.Microsecond)))
	}
}
