package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

// rowsOfConversation names the tables that hold rows of a conversation, and how
// a row of each is told from the others.
var rowsOfConversation = []struct{ table, key string }{
	{"reactions", "conversation_id, seq, user_id, emoji"},
	{"hidden_messages", "conversation_id, user_id, seq"},
	{"receipt_moves", "conversation_id, user_id, kind, seq"},
	{"reports", "id"},
	{"messages", "id"},
	{"bans", "conversation_id, user_id"},
	{"invites", "id"},
	{"members", "conversation_id, user_id"},
}

// EraseConversationRows deletes rows of a deleted conversation.
func (s *Store) EraseConversationRows(ctx context.Context, conversation model.ConversationID, limit int) (deleted, left int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		deleted, left = 0, 0
		var gone bool
		if err := tx.QueryRowContext(ctx,
			"SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ? AND deleted_at IS NOT NULL)", conversation).Scan(&gone); err != nil {
			return err
		}
		if !gone {
			return model.ErrConversationNotFound
		}
		for _, rows := range rowsOfConversation {
			n, err := execute(ctx, tx, "DELETE FROM "+rows.table+" WHERE ("+rows.key+") IN (SELECT "+rows.key+" FROM "+rows.table+
				" WHERE conversation_id = ? LIMIT ?)", conversation, int64(limit)-deleted)
			if err != nil {
				return err
			}
			deleted += n
			var remain int64
			if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM "+rows.table+" WHERE conversation_id = ?", conversation).
				Scan(&remain); err != nil {
				return err
			}
			left += remain
		}
		return nil
	})
	return deleted, left, err
}

// ConversationsOf lists the conversations where the user is or was a member.
func (s *Store) ConversationsOf(ctx context.Context, user model.UserID, after model.ConversationID, limit int) (ids []model.ConversationID, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		ids, err = selectAll(ctx, tx, scanNumber[model.ConversationID],
			"SELECT conversation_id FROM members WHERE user_id = ? AND conversation_id > ? ORDER BY conversation_id LIMIT ?",
			user, after, limit)
		return err
	})
	return ids, err
}

// EraseUserRows deletes what else is left of an erased user.
func (s *Store) EraseUserRows(ctx context.Context, conversation model.ConversationID, user model.UserID) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range []string{
			"DELETE FROM receipt_moves WHERE conversation_id = ? AND user_id = ?",
			"DELETE FROM hidden_messages WHERE conversation_id = ? AND user_id = ?",
			"DELETE FROM reports WHERE conversation_id = ? AND reporter = ?",
			"DELETE FROM invites WHERE conversation_id = ? AND user_id = ?",
			"DELETE FROM bans WHERE conversation_id = ? AND user_id = ?",
		} {
			if _, err := tx.ExecContext(ctx, statement, conversation, user); err != nil {
				return err
			}
		}
		return nil
	})
}
