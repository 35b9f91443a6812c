package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const messageColumns = `
	id, COALESCE(external_id, ''), conversation_id, seq, created_rev, rev, client_id, sender_id, type,
	content, properties, created_at, edited_at, deleted_at`

// messageFields are the places of messageColumns in a message.
func messageFields(message *model.Message) []any {
	return []any{
		&message.ID, &message.ExternalID, &message.Conversation, &message.Seq, &message.CreatedRev, &message.Rev,
		&message.ClientID, &message.Sender, &message.Type, (*[]byte)(&message.Content), (*[]byte)(&message.Properties),
		&message.CreatedAt, &message.EditedAt, &message.DeletedAt,
	}
}

func scanMessage(row pgx.CollectableRow) (model.Message, error) {
	var message model.Message
	err := row.Scan(messageFields(&message)...)
	return message, err
}

// messageQuery finds a message by its reference within a conversation, which is
// its first argument.
func messageQuery(ref model.MessageRef) (query string, argument any) {
	const all = "SELECT" + messageColumns + " FROM messages WHERE conversation_id = $1 AND "
	if ref.ID != 0 {
		return all + "id = $2", ref.ID
	}
	return all + "external_id = $2", ref.ExternalID
}

// Message finds one message.
func (s *Store) Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (model.Message, error) {
	query, argument := messageQuery(ref)
	return queryOne(ctx, s, scanMessage, model.ErrMessageNotFound, query, conversation, argument)
}

// EditMessage replaces a message's content.
func (s *Store) EditMessage(ctx context.Context, edit store.MessageEdit, allow func(model.Message) error) (model.Message, error) {
	return s.changeMessage(ctx, edit.Conversation, edit.Message, allow, `
		UPDATE messages
		SET rev = $3, edited_at = $4, content = $5::json, properties = COALESCE($6::json, properties)
		WHERE conversation_id = $1 AND seq = $2
		RETURNING`+messageColumns, []byte(edit.Content), []byte(edit.Properties))
}

// DeleteMessage makes a message a tombstone.
func (s *Store) DeleteMessage(ctx context.Context, conversation model.ConversationID, ref model.MessageRef, allow func(model.Message) error) (model.Message, error) {
	return s.changeMessage(ctx, conversation, ref, allow, `
		UPDATE messages
		SET rev = $3, deleted_at = $4, content = NULL, properties = NULL
		WHERE conversation_id = $1 AND seq = $2
		RETURNING`+messageColumns)
}

// changeMessage runs an update whose first arguments are the conversation, the
// message's seq, the new rev and its time.
func (s *Store) changeMessage(
	ctx context.Context, conversation model.ConversationID, ref model.MessageRef,
	allow func(model.Message) error, update string, arguments ...any,
) (model.Message, error) {
	var changed model.Message
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockConversation(ctx, tx, conversation); err != nil {
			return err
		}
		query, argument := messageQuery(ref)
		present, err := selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, query, conversation, argument)
		if err != nil {
			return err
		}
		if err := allow(present); err != nil {
			return err
		}
		if present.Deleted() {
			return model.ErrMessageDeleted
		}
		next, err := advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		arguments = append([]any{conversation, present.Seq, next.rev, next.at}, arguments...)
		changed, err = selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, update, arguments...)
		return err
	})
	if err != nil {
		return model.Message{}, err
	}
	return changed, nil
}

// Messages reads a part of the history.
func (s *Store) Messages(ctx context.Context, conversation model.ConversationID, page model.MessagePage) ([]model.Message, error) {
	const all = "SELECT" + messageColumns + " FROM messages WHERE conversation_id = $1 AND "
	if page.After > 0 || page.Oldest {
		return queryAll(ctx, s, scanMessage, all+"seq > $2 ORDER BY seq LIMIT $3", conversation, page.After, page.Limit)
	}
	before := page.Before
	if before == 0 {
		before = model.MaxID
	}
	messages, err := queryAll(ctx, s, scanMessage, all+"seq < $2 ORDER BY seq DESC LIMIT $3", conversation, before, page.Limit)
	slices.Reverse(messages)
	return messages, err
}
