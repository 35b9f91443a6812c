package sqlite

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

func TestReactionsKeepTheirOrderWhenTheClockGoesBack(t *testing.T) {
	g := NewWithT(t)
	opened, users, room := roomOf(t, "alice")
	_, err := opened.Append(t.Context(), []store.NewMessage{{
		Conversation: room, Sender: users[0], ClientID: "a", Type: model.TextMessage, Content: []byte(`"x"`),
	}})
	g.Expect(err).NotTo(HaveOccurred())
	now := time.Now().Truncate(time.Microsecond)
	for _, emoji := range []string{"👍", "🎉", "👎"} {
		opened.now = func() time.Time { return now }
		g.Expect(opened.ChangeConversation(t.Context(), room, func(change store.Change) error {
			_, err := change.AddReaction(t.Context(), 1, users[0], emoji)
			return err
		})).To(Succeed())
		now = now.Add(-time.Hour)
	}
	reactions, _, err := opened.ListReactions(t.Context(), room, 1, "", model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(reactions).To(HaveLen(3))
	for i, emoji := range []string{"👍", "🎉", "👎"} {
		g.Expect(reactions[i].Emoji).To(Equal(emoji))
		g.Expect(reactions[i].CreatedAt).To(Equal(reactions[0].CreatedAt.Add(time.Duration(i) * time.Microsecond)))
	}
}
