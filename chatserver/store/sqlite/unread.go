package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

// unreadMessages are what one user, the first argument, has not read.
const unreadMessages = `
	FROM messages AS message
	JOIN conversations AS of ON of.id = message.conversation_id AND of.deleted_at IS NULL
	JOIN members AS me ON me.conversation_id = message.conversation_id AND me.left_rev = 0
	WHERE me.user_id = ?
		AND message.seq > max(me.read_seq, me.cleared_seq, CASE WHEN of.since_join THEN me.joined_seq ELSE 0 END)
		AND message.sender_id <> me.user_id AND message.deleted_at IS NULL
		AND NOT EXISTS (
			SELECT 1 FROM hidden_messages AS hidden
			WHERE hidden.conversation_id = message.conversation_id AND hidden.user_id = me.user_id AND hidden.seq = message.seq)
		AND (of.type = 'direct' OR NOT EXISTS (
			SELECT 1 FROM blocks AS block WHERE block.blocker = me.user_id AND block.blocked = message.sender_id))`

// countUnread counts up to model.MaxUnread.
func countUnread(ctx context.Context, tx *sql.Tx, user model.UserID, conversation model.ConversationID) (int64, error) {
	var count int64
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1"+unreadMessages+" AND message.conversation_id = ? LIMIT ?)",
		user, conversation, model.MaxUnread).Scan(&count)
	return count, err
}

// Unread counts the user's unread messages in conversations.
func (s *Store) Unread(ctx context.Context, user model.UserID, conversations []model.ConversationID) (map[model.ConversationID]int64, error) {
	counts := make(map[model.ConversationID]int64)
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, conversation := range conversations {
			count, err := countUnread(ctx, tx, user, conversation)
			if err != nil {
				return err
			}
			if count > 0 {
				counts[conversation] = count
			}
		}
		return nil
	})
	return counts, err
}

// UnreadTotals counts over all conversations of a user.
func (s *Store) UnreadTotals(ctx context.Context, user model.UserID, types []model.ConversationType) (conversations, messages int64, err error) {
	var where selection
	where.and(`member.user_id = ? AND member.left_rev = 0 AND NOT member.muted
		AND NOT (member.hidden_seq IS NOT NULL AND member.hidden_seq >= conversation.last_seq)`, user)
	if len(types) > 0 {
		if err := where.andAmong("conversation.type", types); err != nil {
			return 0, 0, err
		}
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		mine, err := selectAll(ctx, tx, scanNumber[model.ConversationID],
			"SELECT member.conversation_id"+presentMembers+where.String(), where.arguments...)
		if err != nil {
			return err
		}
		conversations, messages = 0, 0
		for _, conversation := range mine {
			count, err := countUnread(ctx, tx, user, conversation)
			if err != nil {
				return err
			}
			messages += count
			if count > 0 {
				conversations++
			}
		}
		return nil
	})
	return conversations, messages, err
}
