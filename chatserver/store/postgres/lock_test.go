package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/test/services"
)

// TestALockedConversationFailsItsGroupRetryablyAndAsAWhole holds the lock of one
// conversation on another connection, as a slow deletion would.
func TestALockedConversationFailsItsGroupRetryablyAndAsAWhole(t *testing.T) {
	g := NewWithT(t)
	ctx := t.Context()
	database := services.Postgres(t)
	opened := openIn(t, Options{DSN: dsn(database), Schema: "project", Project: "uid-1"})
	user, err := opened.CreateUser(ctx, store.NewUser{})
	g.Expect(err).NotTo(HaveOccurred())
	var group []store.NewMessage
	for range 2 {
		made, err := opened.CreateConversation(ctx, store.NewConversation{
			Type: model.Group, CreatedBy: user.ID, Members: []store.NewMember{{User: user.ID, Role: model.RoleOwner}},
		})
		g.Expect(err).NotTo(HaveOccurred())
		group = append(group, store.NewMessage{
			Conversation: made.Conversation.ID, Sender: user.ID, ClientID: "c", Type: model.TextMessage, Content: []byte(`"x"`),
		})
	}
	free, locked := group[0], group[1]

	other, err := pgx.Connect(ctx, database)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(other.Close(ctx)).To(Succeed()) }()
	tx, err := other.Begin(ctx)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = tx.Exec(ctx, "SELECT FROM project.conversations WHERE id = $1 FOR UPDATE", locked.Conversation)
	g.Expect(err).NotTo(HaveOccurred())

	_, err = opened.Append(ctx, group)
	g.Expect(store.IsRetryable(err)).To(BeTrue(), "%v", err)
	g.Expect(opened.Messages(ctx, free.Conversation, store.MessageFilter{}, model.MessagePage{Limit: 1})).To(BeEmpty(), "nothing is half done")

	outcomes, err := opened.Append(ctx, group[:1])
	g.Expect(err).NotTo(HaveOccurred(), "another conversation is not concerned")
	g.Expect(outcomes[0].Duplicate).To(BeFalse())

	g.Expect(tx.Rollback(ctx)).To(Succeed())
	outcomes, err = opened.Append(ctx, group)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(outcomes[0].Duplicate).To(BeTrue())
	g.Expect(outcomes[1].Duplicate).To(BeFalse())
	g.Expect(outcomes[1].Message.Seq).To(Equal(int64(1)))
}
