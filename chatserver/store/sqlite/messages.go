package sqlite

import (
	"context"
	"database/sql"
	"slices"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// messageColumns are a message with its author, unless the sender is erased.
const messageColumns = `
	message.id, COALESCE(message.external_id, ''), message.conversation_id, message.seq, message.created_rev,
	message.rev, message.client_id, message.sender_id, message.type, message.content, message.properties,
	message.details, message.group_tag, COALESCE(message.parent_id, 0), COALESCE(message.thread_id, 0),
	message.reply_count, message.reactions, message.created_at, message.edited_at, message.edited_by,
	message.deleted_at, message.deleted_by, message.hash,
	author.id IS NOT NULL, COALESCE(author.username, ''), COALESCE(author.display_name, ''), COALESCE(author.avatar, '')`

const messagesWithAuthors = `
	FROM messages AS message
	LEFT JOIN users AS author ON author.id = message.sender_id AND author.erased_at IS NULL`

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
	var more details
	var known bool
	var author model.Author
	err := from.Scan(
		&message.ID, &message.ExternalID, &message.Conversation, &message.Seq, &message.CreatedRev,
		&message.Rev, &message.ClientID, &message.Sender, &message.Type, (*[]byte)(&message.Content), (*[]byte)(&message.Properties),
		column[details]{&more}, &message.GroupTag, &message.Parent, &message.Thread,
		&message.ReplyCount, column[map[string]int64]{&message.Reactions}, &createdAt, &editedAt, &message.EditedBy,
		&deletedAt, &message.DeletedBy, &hash, &known, &author.Username, &author.DisplayName, &author.Avatar)
	copy(stored.hash[:], hash)
	more.adopt(message)
	message.CreatedAt = createdAt.time()
	message.EditedAt, message.DeletedAt = optionalTime(editedAt), optionalTime(deletedAt)
	if known {
		message.Author = &author
	}
	return stored, err
}

func scanMessage(from row) (model.Message, error) {
	stored, err := scanStored(from)
	return stored.message, err
}

// messageQuery leaves out what a deleted conversation still has.
const messageQuery = "SELECT" + messageColumns + messagesWithAuthors + `
	WHERE EXISTS (SELECT 1 FROM conversations AS known WHERE known.id = message.conversation_id AND known.deleted_at IS NULL) AND `

func findMessage(ctx context.Context, tx *sql.Tx, ref model.MessageRef) (model.Message, error) {
	if ref.ID != 0 {
		return selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, messageQuery+"message.id = ?", ref.ID)
	}
	return selectOne(ctx, tx, scanMessage, model.ErrMessageNotFound, messageQuery+"message.external_id = ?", ref.ExternalID)
}

func selectMessage(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, ref model.MessageRef) (model.Message, error) {
	found, err := findMessage(ctx, tx, ref)
	if err == nil && found.Conversation != conversation {
		return model.Message{}, model.ErrMessageNotFound
	}
	return found, err
}

// Message finds one message of a conversation.
func (s *Store) Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (message model.Message, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		message, err = selectMessage(ctx, tx, conversation, ref)
		return err
	})
	return message, err
}

// FindMessage finds a message wherever it is.
func (s *Store) FindMessage(ctx context.Context, ref model.MessageRef) (message model.Message, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		message, err = findMessage(ctx, tx, ref)
		return err
	})
	return message, err
}

// Messages reads a part of the history.
func (s *Store) Messages(ctx context.Context, conversation model.ConversationID, filter store.MessageFilter, page model.MessagePage) (messages []model.Message, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		messages, err = selectMessages(ctx, tx, conversation, filter, page)
		return err
	})
	return messages, err
}

func selectMessages(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, filter store.MessageFilter, page model.MessagePage) ([]model.Message, error) {
	filter.Live = filter.Live || page.Offset > 0
	where, err := filterMessages(conversation, filter)
	if err != nil {
		return nil, err
	}
	oldestFirst, order := page.After > 0 || page.Oldest, " ORDER BY message.seq DESC"
	switch {
	case oldestFirst:
		where.and("message.seq > ?", page.After)
		order = " ORDER BY message.seq"
	case page.Before > 0:
		where.and("message.seq < ?", page.Before)
	}
	messages, err := selectAll(ctx, tx, scanMessage,
		"SELECT"+messageColumns+messagesWithAuthors+where.String()+order+" LIMIT ? OFFSET ?",
		append(where.arguments, page.Limit, page.Offset)...)
	if !oldestFirst {
		slices.Reverse(messages)
	}
	return messages, err
}

// CountMessages counts messages.
func (s *Store) CountMessages(ctx context.Context, conversation model.ConversationID, filter store.MessageFilter) (count int64, err error) {
	filter.Live = true
	where, err := filterMessages(conversation, filter)
	if err != nil {
		return 0, err
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM messages AS message"+where.String(), where.arguments...).Scan(&count)
	})
	return count, err
}

func filterMessages(conversation model.ConversationID, filter store.MessageFilter) (selection, error) {
	var where selection
	where.and("message.conversation_id = ?", conversation)
	where.and("EXISTS (SELECT 1 FROM conversations AS known WHERE known.id = ? AND known.deleted_at IS NULL)", conversation)
	if filter.Viewer != 0 {
		where.and(`NOT EXISTS (
			SELECT 1 FROM hidden_messages AS hidden
			WHERE hidden.conversation_id = ? AND hidden.user_id = ? AND hidden.seq = message.seq)`, conversation, filter.Viewer)
		where.and(`EXISTS (SELECT 1 FROM conversations AS direct WHERE direct.id = ? AND direct.type = 'direct') OR NOT EXISTS (
			SELECT 1 FROM blocks AS block WHERE block.blocker = ? AND block.blocked = message.sender_id)`, conversation, filter.Viewer)
	}
	if filter.Floor > 0 {
		where.and("message.seq > ?", filter.Floor)
	}
	if filter.Live {
		where.and("message.deleted_at IS NULL")
	}
	if !filter.Since.IsZero() {
		where.and("message.created_at >= ?", filter.Since.UnixMicro())
	}
	if !filter.Until.IsZero() {
		where.and("message.created_at < ?", filter.Until.UnixMicro())
	}
	return where, filterKind(&where, filter)
}

// filterKind selects by what a message is and what it belongs to.
func filterKind(where *selection, filter store.MessageFilter) error {
	if filter.Thread != 0 {
		where.and("message.thread_id = ?", filter.Thread)
	}
	if filter.Parent != 0 {
		where.and("message.parent_id = ?", filter.Parent)
	}
	if filter.Threads {
		where.and("message.reply_count > 0 OR message.type = ?", string(model.ThreadMessage))
	}
	if filter.NoReplies {
		where.and("message.parent_id IS NULL")
	}
	if filter.Sender != 0 {
		where.and("message.sender_id = ?", filter.Sender)
	}
	if filter.GroupTag != "" {
		where.and("message.group_tag = ?", filter.GroupTag)
	}
	if filter.Mentions != 0 {
		where.and(`EXISTS (
			SELECT 1 FROM json_each(message.details, '$.mentions') AS mention
			WHERE mention.value ->> 'user' = ?)`, filter.Mentions.String())
	}
	if len(filter.Types) > 0 {
		return where.andAmong("message.type", filter.Types)
	}
	return nil
}

// HideMessage hides a message from one member.
func (s *Store) HideMessage(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, hidden bool, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var last int64
		if last, member, err = selectMark(ctx, tx, conversation, user); err != nil {
			return err
		}
		if seq < 1 || seq > last {
			return model.ErrMessageNotFound
		}
		inserted, err := execute(ctx, tx, `
			INSERT INTO hidden_messages (conversation_id, user_id, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			conversation, user, seq)
		if hidden = inserted > 0; err != nil || !hidden {
			return err
		}
		if _, err := tx.ExecContext(ctx,
			"UPDATE members SET own_rev = own_rev + 1, changed_at = ? WHERE conversation_id = ? AND user_id = ?",
			s.instant(), conversation, user); err != nil {
			return err
		}
		member, err = selectMember(ctx, tx, conversation, user, model.ErrMemberNotFound)
		return err
	})
	if err != nil {
		return model.Member{}, false, err
	}
	return member, hidden, nil
}
