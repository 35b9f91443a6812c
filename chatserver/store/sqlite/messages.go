package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const messageColumns = `
	id, COALESCE(external_id, ''), conversation_id, seq, created_rev, rev, client_id, sender_id, type,
	content, properties, created_at, edited_at, deleted_at, hash`

// storedMessage is a message with what only the append asks for.
type storedMessage struct {
	message model.Message
	hash    [32]byte
}

func scanStored(from row) (storedMessage, error) {
	var stored storedMessage
	message := &stored.message
	var hash []byte
	var createdAt instant
	var editedAt, deletedAt sql.Null[instant]
	err := from.Scan(
		&message.ID, &message.ExternalID, &message.Conversation, &message.Seq, &message.CreatedRev, &message.Rev,
		&message.ClientID, &message.Sender, &message.Type, (*[]byte)(&message.Content), (*[]byte)(&message.Properties),
		&createdAt, &editedAt, &deletedAt, &hash)
	copy(stored.hash[:], hash)
	message.CreatedAt = createdAt.time()
	message.EditedAt, message.DeletedAt = optionalTime(editedAt), optionalTime(deletedAt)
	return stored, err
}

func scanMessage(from row) (model.Message, error) {
	stored, err := scanStored(from)
	return stored.message, err
}

func selectMessage(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, ref model.MessageRef) (model.Message, error) {
	const query = "SELECT" + messageColumns + " FROM messages WHERE conversation_id = ? AND "
	if ref.ID != 0 {
		return selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, query+"id = ?", conversation, ref.ID)
	}
	return selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, query+"external_id = ?", conversation, ref.ExternalID)
}

// Message finds one message.
func (s *Store) Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (message model.Message, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		message, err = selectMessage(ctx, tx, conversation, ref)
		return err
	})
	return message, err
}

// EditMessage replaces a message's content.
func (s *Store) EditMessage(ctx context.Context, edit store.MessageEdit, allow func(model.Message) error) (model.Message, error) {
	return s.changeMessage(ctx, edit.Conversation, edit.Message, allow, `
		UPDATE messages
		SET rev = ?2, edited_at = ?3, content = ?4, properties = COALESCE(?5, properties)
		WHERE id = ?1
		RETURNING`+messageColumns, string(edit.Content), orNull(string(edit.Properties)))
}

// DeleteMessage makes a message a tombstone.
func (s *Store) DeleteMessage(ctx context.Context, conversation model.ConversationID, ref model.MessageRef, allow func(model.Message) error) (model.Message, error) {
	return s.changeMessage(ctx, conversation, ref, allow, `
		UPDATE messages
		SET rev = ?2, deleted_at = ?3, content = NULL, properties = NULL
		WHERE id = ?1
		RETURNING`+messageColumns)
}

// changeMessage runs an update whose first arguments are the message's id, the
// new rev and its time.
func (s *Store) changeMessage(
	ctx context.Context, conversation model.ConversationID, ref model.MessageRef,
	allow func(model.Message) error, update string, arguments ...any,
) (model.Message, error) {
	var changed model.Message
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		next, err := s.advance(ctx, tx, conversation)
		if err != nil {
			return err
		}
		present, err := selectMessage(ctx, tx, conversation, ref)
		if err != nil {
			return err
		}
		if err := allow(present); err != nil {
			return err
		}
		if present.Deleted() {
			return model.ErrMessageDeleted
		}
		arguments = append([]any{present.ID, next.rev, next.at}, arguments...)
		changed, err = selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, update, arguments...)
		return err
	})
	if err != nil {
		return model.Message{}, err
	}
	return changed, nil
}

// Messages reads a part of the history.
func (s *Store) Messages(ctx context.Context, conversation model.ConversationID, page model.MessagePage) (messages []model.Message, err error) {
	const all = "SELECT" + messageColumns + " FROM messages WHERE conversation_id = ? AND "
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if page.After > 0 || page.Oldest {
			messages, err = selectAll(ctx, tx, scanMessage, all+"seq > ? ORDER BY seq LIMIT ?", conversation, page.After, page.Limit)
			return err
		}
		before := page.Before
		if before == 0 {
			before = model.MaxID
		}
		messages, err = selectAll(ctx, tx, scanMessage, all+"seq < ? ORDER BY seq DESC LIMIT ?", conversation, before, page.Limit)
		slices.Reverse(messages)
		return err
	})
	return messages, err
}
