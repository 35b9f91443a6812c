package sqlite

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func TestABanIsOverByTheClockOfTheStore(t *testing.T) {
	g := NewWithT(t)
	opened, users, _ := roomOf(t, "alice", "bob")
	public, err := opened.CreateConversation(t.Context(), store.NewConversation{Type: model.Public})
	g.Expect(err).NotTo(HaveOccurred())
	ends := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	g.Expect(opened.ChangeConversation(t.Context(), public.Conversation.ID, func(change store.Change) error {
		return change.SaveBan(t.Context(), model.Ban{
			Conversation: public.Conversation.ID, User: users[1], ExpiresAt: &ends, CreatedAt: change.Now(),
		})
	})).To(Succeed())
	for _, at := range []struct {
		now      time.Time
		joinable int64
	}{{ends.Add(-time.Microsecond), 0}, {ends, 1}} {
		opened.now = func() time.Time { return at.now }
		_, total, err := opened.ListConversations(t.Context(), store.ConversationFilter{JoinableBy: users[1]}, model.ListPage{Limit: 1})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(total).To(Equal(at.joinable), "%s", at.now)
	}
}
