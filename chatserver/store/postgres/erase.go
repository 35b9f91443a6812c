package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// rowsOfConversation are the tables that EraseConversationRows empties, in this
// order: members last, because they tell who wrote the messages.
var rowsOfConversation = []string{
	"reports", "reactions", "hidden_messages", "receipt_moves", "invites", "bans", "messages", "members",
}

// EraseConversationRows deletes rows of a deleted conversation.
func (s *Store) EraseConversationRows(ctx context.Context, conversation model.ConversationID, limit int) (deleted, left int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := selectOne(ctx, tx, pgx.RowTo[int64], model.ErrConversationNotFound, `
			SELECT id FROM conversations
			WHERE id = $1 AND deleted_at IS NOT NULL
			FOR NO KEY UPDATE`, conversation); err != nil {
			return err
		}
		deleted, left = 0, 0
		for _, table := range rowsOfConversation {
			if rest := int64(limit) - deleted; rest > 0 {
				tag, err := tx.Exec(ctx, eraseSQL(table), conversation, rest)
				if err != nil {
					return err
				}
				deleted += tag.RowsAffected()
			}
		}
		batch := &pgx.Batch{}
		for _, table := range rowsOfConversation {
			batch.Queue(leftSQL(table), conversation).QueryRow(func(row pgx.Row) error {
				var rows int64
				err := row.Scan(&rows)
				left += rows
				return err
			})
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return deleted, left, err
}

// eraseSQL deletes some rows of a table, the oldest messages first.
func eraseSQL(table string) string {
	order := ""
	if table == "messages" {
		order = " ORDER BY seq"
	}
	return "DELETE FROM " + table + " WHERE ctid = ANY (ARRAY(SELECT ctid FROM " + table +
		" WHERE conversation_id = $1" + order + " LIMIT $2))"
}

// leftSQL counts the rows of a table. Messages have no holes between the first
// that is left and the last one, so that nobody has to count them.
func leftSQL(table string) string {
	if table == "messages" {
		return `
			SELECT COALESCE((
				SELECT conversation.last_seq - message.seq + 1
				FROM messages AS message
				JOIN conversations AS conversation ON conversation.id = message.conversation_id
				WHERE message.conversation_id = $1
				ORDER BY message.seq
				LIMIT 1
			), 0)`
	}
	return "SELECT count(*) FROM " + table + " WHERE conversation_id = $1"
}

// ConversationsOf lists the conversations where a user has left anything. Who
// writes is a member, and the row of a member outlives the messages.
func (s *Store) ConversationsOf(
	ctx context.Context, user model.UserID, after model.ConversationID, limit int,
) ([]model.ConversationID, error) {
	return queryAll(ctx, s, pgx.RowTo[model.ConversationID], `
		SELECT conversation_id FROM members
		WHERE user_id = $1 AND conversation_id > $2
		ORDER BY conversation_id
		LIMIT $3`, user, after, limit)
}

// EraseUserRows deletes what else is left of a user in a conversation.
func (s *Store) EraseUserRows(ctx context.Context, conversation model.ConversationID, user model.UserID) error {
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		for _, statement := range []string{
			"DELETE FROM receipt_moves WHERE conversation_id = $1 AND user_id = $2",
			"DELETE FROM hidden_messages WHERE conversation_id = $1 AND user_id = $2",
			"DELETE FROM reports WHERE conversation_id = $1 AND reporter = $2",
			"DELETE FROM invites WHERE conversation_id = $1 AND user_id = $2",
			"DELETE FROM bans WHERE conversation_id = $1 AND user_id = $2",
		} {
			batch.Queue(statement, conversation, user)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}
