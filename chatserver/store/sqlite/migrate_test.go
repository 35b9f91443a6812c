package sqlite

import (
	"log/slog"
	"net/url"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// fileOfSchema1 makes a file as the first release wrote it. Statements fill it.
func fileOfSchema1(t *testing.T, statements ...string) string {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "parley.db")
	database, err := openConnections(driverName, path, 1, url.Values{"_txlock": {"immediate"}})
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(database.Close()).To(Succeed()) }()
	provider, err := newMigrations(database, slog.New(slog.DiscardHandler))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = provider.UpTo(t.Context(), 1)
	g.Expect(err).NotTo(HaveOccurred())
	for _, statement := range statements {
		_, err := database.ExecContext(t.Context(), statement)
		g.Expect(err).NotTo(HaveOccurred(), statement)
	}
	return path
}

func TestAFileOfTheFirstSchemaKeepsWhatItHolds(t *testing.T) {
	g := NewWithT(t)
	path := fileOfSchema1(t,
		`INSERT INTO users (username, username_key, display_name, email, avatar, properties, guest, created_at, updated_at)
		VALUES ('alice', 'alice', 'Alice', '', '', '{}', 0, 1, 1), ('bob', 'bob', 'Bob', '', '', '{}', 0, 1, 1)`,
		`INSERT INTO conversations (external_id, type, name, properties, created_by, last_seq, rev, created_at, updated_at, changed_at)
		SELECT 'room', 'group', 'Room', '{}', min(id), 2, 4, 1, 1, 7 FROM users`,
		`INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, left_rev, created_at, changed_at)
		SELECT conversations.id, users.id, 'member', 0, 1, 1, 0, 1, 1 FROM conversations, users`,
		`INSERT INTO messages (conversation_id, seq, created_rev, rev, client_id, sender_id, hash, type, content, properties, created_at)
		SELECT id, 1, 2, 2, 'a', created_by, x'00', 'text', '"one"', '{}', 6 FROM conversations
		UNION ALL SELECT id, 2, 3, 3, 'b', created_by, x'00', 'text', '"two"', '{}', 7 FROM conversations`,
		`UPDATE messages SET deleted_at = 8, rev = 4, content = NULL, properties = NULL WHERE seq = 1`,
	)
	opened := openIn(t, path)

	room, err := opened.Conversation(t.Context(), model.ConversationRef{ExternalID: "room"})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(room.ID).To(BeNumerically("==", model.FirstID))
	g.Expect([]int64{room.LastSeq, room.Rev, room.MessageCount, room.MemberCount, room.Version}).To(Equal([]int64{2, 4, 1, 2, 1}))
	g.Expect(room.ActivityAt.UnixMicro()).To(BeEquivalentTo(7))
	members, _, err := opened.ListMembers(t.Context(), room.ID, store.MemberFilter{}, model.ListPage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(members).To(HaveLen(2))
	messages, err := opened.Messages(t.Context(), room.ID, store.MessageFilter{}, model.MessagePage{Limit: 10})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(messages).To(HaveLen(2))

	next, err := opened.CreateConversation(t.Context(), store.NewConversation{Type: model.Public})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(next.Conversation.ID).To(Equal(room.ID + 1))
	_, err = opened.writer.ExecContext(t.Context(), `
		INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
		VALUES (5, ?, 'member', 0, 1, 1, 1, 1)`, members[0].User)
	g.Expect(refersToNothing(err)).To(BeTrue(), "members refer to conversations as before")
}
