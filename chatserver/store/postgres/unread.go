package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// visibleToMember says which messages the row member of the row conversation may
// see.
const visibleToMember = `
	message.conversation_id = conversation.id
	AND message.deleted_at IS NULL
	AND message.seq > GREATEST(member.cleared_seq, CASE WHEN conversation.since_join THEN member.joined_seq ELSE 0 END)
	AND NOT EXISTS (
		SELECT FROM hidden_messages AS hidden
		WHERE hidden.conversation_id = message.conversation_id AND hidden.user_id = member.user_id AND hidden.seq = message.seq)
	AND (conversation.type = 'direct' OR NOT EXISTS (
		SELECT FROM blocks AS block WHERE block.blocker = member.user_id AND block.blocked = message.sender_id))`

// unreadMessages are those of the row member in the row conversation.
const unreadMessages = `
	FROM messages AS message
	WHERE ` + visibleToMember + `
		AND message.seq > member.read_seq AND message.sender_id <> member.user_id`

// anyUnread compares the seqs first, which spares most conversations the rest.
const anyUnread = "(conversation.last_seq > member.read_seq AND EXISTS (SELECT" + unreadMessages + "))"

var countUnread = `
	CROSS JOIN LATERAL (
		SELECT count(*) AS total FROM (SELECT` + unreadMessages + ` LIMIT ` + strconv.Itoa(model.MaxUnread) + `) AS bounded
	) AS unread`

var unreadSQL = `
	SELECT conversation.id, unread.total` + presentMembers + countUnread + `
	WHERE member.user_id = $1 AND member.conversation_id = ANY ($2) AND member.left_rev = 0
		AND conversation.last_seq > member.read_seq AND unread.total > 0`

type unreadCount struct {
	Conversation model.ConversationID
	Total        int64
}

// Unread counts a user's unread messages in conversations.
func (s *Store) Unread(
	ctx context.Context, user model.UserID, conversations []model.ConversationID,
) (map[model.ConversationID]int64, error) {
	found, err := queryAll(ctx, s, pgx.RowToStructByPos[unreadCount], unreadSQL, user, int64s(conversations))
	unread := make(map[model.ConversationID]int64, len(found))
	for _, row := range found {
		unread[row.Conversation] = row.Total
	}
	return unread, err
}

// UnreadTotals counts over all conversations of a user.
func (s *Store) UnreadTotals(
	ctx context.Context, user model.UserID, types []model.ConversationType,
) (conversations, messages int64, err error) {
	type totals struct{ Conversations, Messages int64 }
	var where selection
	where.and("member.user_id = ? AND member.left_rev = 0 AND NOT member.muted", user)
	where.and("member.hidden_seq IS NULL OR member.hidden_seq < conversation.last_seq")
	where.and("conversation.last_seq > member.read_seq AND unread.total > 0")
	if len(types) > 0 {
		where.and("conversation.type = ANY (?)", texts(types))
	}
	found, err := queryOne(ctx, s, pgx.RowToStructByPos[totals], nil,
		"SELECT count(*), COALESCE(sum(unread.total), 0)::bigint"+presentMembers+countUnread+where.String(), where.arguments...)
	return found.Conversations, found.Messages, err
}
