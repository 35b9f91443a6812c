package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const messageColumns = `
	message.id, COALESCE(message.external_id, ''), message.conversation_id, message.seq, message.created_rev,
	message.rev, message.client_id, message.sender_id, message.type, message.content, message.properties,
	message.details, message.group_tag, COALESCE(message.parent_id, 0), COALESCE(message.thread_id, 0),
	message.reply_count, message.reactions, message.created_at, message.edited_at, message.edited_by,
	message.deleted_at, message.deleted_by`

// messageFields are the places of messageColumns in a message and its details.
func messageFields(message *model.Message, more **details) []any {
	return []any{
		&message.ID, &message.ExternalID, &message.Conversation, &message.Seq, &message.CreatedRev,
		&message.Rev, &message.ClientID, &message.Sender, &message.Type, (*[]byte)(&message.Content), (*[]byte)(&message.Properties),
		more, &message.GroupTag, &message.Parent, &message.Thread,
		&message.ReplyCount, &message.Reactions, &message.CreatedAt, &message.EditedAt, &message.EditedBy,
		&message.DeletedAt, &message.DeletedBy,
	}
}

// adopt gives a message its details, if it has any.
func (d *details) adopt(message *model.Message) {
	if d == nil {
		return
	}
	message.Attachments, message.Mentions, message.Links = d.Attachments, d.Mentions, d.Links
}

func scanMessage(row pgx.CollectableRow) (model.Message, error) {
	var message model.Message
	var more *details
	err := row.Scan(messageFields(&message, &more)...)
	more.adopt(&message)
	return message, err
}

// A message with its author, unless the sender is erased.
const (
	authoredColumns = messageColumns + `,
	author.id IS NOT NULL, COALESCE(author.username, ''), COALESCE(author.display_name, ''), COALESCE(author.avatar, '')`
	authoredMessages = `
	FROM messages AS message
	LEFT JOIN users AS author ON author.id = message.sender_id AND author.erased_at IS NULL`
)

func scanAuthored(row pgx.CollectableRow) (model.Message, error) {
	var message model.Message
	var more *details
	var known bool
	var author model.Author
	err := row.Scan(append(messageFields(&message, &more), &known, &author.Username, &author.DisplayName, &author.Avatar)...)
	more.adopt(&message)
	if known {
		message.Author = &author
	}
	return message, err
}

// ofKnownConversation leaves out what a deleted conversation still has.
const ofKnownConversation = `EXISTS (
	SELECT FROM conversations AS known WHERE known.id = message.conversation_id AND known.deleted_at IS NULL)`

// messageQuery finds a message by its reference.
func messageQuery(ref model.MessageRef) (query string, argument any) {
	const all = "SELECT" + authoredColumns + authoredMessages + " WHERE " + ofKnownConversation
	if ref.ID != 0 {
		return all + " AND message.id = $1", ref.ID
	}
	return all + " AND message.external_id = $1", ref.ExternalID
}

// Message finds one message of a conversation.
func (s *Store) Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (model.Message, error) {
	query, argument := messageQuery(ref)
	return queryOne(ctx, s, scanAuthored, model.ErrMessageNotFound, query+" AND message.conversation_id = $2", argument, conversation)
}

// FindMessage finds a message wherever it is.
func (s *Store) FindMessage(ctx context.Context, ref model.MessageRef) (model.Message, error) {
	query, argument := messageQuery(ref)
	return queryOne(ctx, s, scanAuthored, model.ErrMessageNotFound, query, argument)
}

// Messages reads a part of the history.
func (s *Store) Messages(
	ctx context.Context, conversation model.ConversationID, filter store.MessageFilter, page model.MessagePage,
) ([]model.Message, error) {
	filter.Live = filter.Live || page.Offset > 0
	where := selectMessages(conversation, filter)
	oldestFirst := page.After > 0 || page.Oldest
	order := " ORDER BY message.seq DESC"
	switch {
	case oldestFirst:
		where.and("message.seq > ?", page.After)
		order = " ORDER BY message.seq"
	case page.Before > 0:
		where.and("message.seq < ?", page.Before)
	}
	part := " LIMIT " + where.argument(page.Limit) + " OFFSET " + where.argument(page.Offset)
	messages, err := queryAll(ctx, s, scanAuthored,
		"SELECT"+authoredColumns+authoredMessages+where.String()+order+part, where.arguments...)
	if !oldestFirst {
		slices.Reverse(messages)
	}
	return messages, err
}

// CountMessages counts messages.
func (s *Store) CountMessages(ctx context.Context, conversation model.ConversationID, filter store.MessageFilter) (int64, error) {
	filter.Live = true
	where := selectMessages(conversation, filter)
	return queryOne(ctx, s, pgx.RowTo[int64], nil,
		"SELECT count(*) FROM messages AS message"+where.String(), where.arguments...)
}

func selectMessages(conversation model.ConversationID, filter store.MessageFilter) selection {
	var where selection
	where.and("message.conversation_id = ?", conversation)
	where.and(`EXISTS (SELECT FROM conversations AS known WHERE known.id = ? AND known.deleted_at IS NULL)`, conversation)
	if filter.Viewer != 0 {
		where.and(`NOT EXISTS (
			SELECT FROM hidden_messages AS hidden
			WHERE hidden.conversation_id = ? AND hidden.user_id = ? AND hidden.seq = message.seq)`, conversation, filter.Viewer)
		where.and(`EXISTS (SELECT FROM conversations AS direct WHERE direct.id = ? AND direct.type = 'direct') OR NOT EXISTS (
			SELECT FROM blocks AS block WHERE block.blocker = ? AND block.blocked = message.sender_id)`, conversation, filter.Viewer)
	}
	if filter.Floor > 0 {
		where.and("message.seq > ?", filter.Floor)
	}
	if filter.Live {
		where.and("message.deleted_at IS NULL")
	}
	if !filter.Since.IsZero() {
		where.and("message.created_at >= ?", filter.Since)
	}
	if !filter.Until.IsZero() {
		where.and("message.created_at < ?", filter.Until)
	}
	selectKind(&where, filter)
	return where
}

// selectKind selects by what a message is and what it belongs to.
func selectKind(where *selection, filter store.MessageFilter) {
	if filter.Thread != 0 {
		where.and("message.thread_id = ?", filter.Thread)
	}
	if filter.Parent != 0 {
		where.and("message.parent_id = ?", filter.Parent)
	}
	if filter.NoReplies {
		where.and("message.parent_id IS NULL")
	}
	if filter.Threads {
		where.and("message.reply_count > 0 OR message.type = ?", string(model.ThreadMessage))
	}
	if len(filter.Types) > 0 {
		where.and("message.type = ANY (?)", texts(filter.Types))
	}
	if filter.Sender != 0 {
		where.and("message.sender_id = ?", filter.Sender)
	}
	if filter.GroupTag != "" {
		where.and("message.group_tag = ?", filter.GroupTag)
	}
	if filter.Mentions != 0 {
		where.and(`message.details -> 'mentions' IS NOT NULL AND EXISTS (
			SELECT FROM json_array_elements(message.details -> 'mentions') AS mention
			WHERE mention ->> 'user' = ?::text)`, filter.Mentions.String())
	}
}

// ListReactions reads a part of a message's reactions.
func (s *Store) ListReactions(
	ctx context.Context, conversation model.ConversationID, seq int64, emoji string, page model.ListPage,
) ([]model.Reaction, int64, error) {
	var where selection
	where.and("reaction.conversation_id = ? AND reaction.seq = ?", conversation, seq)
	where.and(ofKnownConversation)
	if emoji != "" {
		where.and("reaction.emoji = ?", emoji)
	}
	return list(ctx, s, pgx.RowToStructByPos[model.Reaction], listing{
		columns: reactionColumns, from: reactionsOfMessages, where: where,
		time: "reaction.created_at", id: "reaction.user_id",
	}, page)
}

const (
	reactionColumns     = " reaction.conversation_id, message.id, reaction.user_id, reaction.emoji, reaction.created_at"
	reactionsOfMessages = `
	FROM reactions AS reaction
	JOIN messages AS message ON message.conversation_id = reaction.conversation_id AND message.seq = reaction.seq`
)
