package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// refusalSQL reads for each message what may have spoken against it.
const refusalSQL = `
	SELECT
		conversation.id IS NOT NULL,
		COALESCE(conversation.ephemeral, false),
		COALESCE(conversation.status <> 'active', false),
		item.sender_id = 0 OR (member.user_id IS NOT NULL AND sender.id IS NOT NULL),
		COALESCE(sender.account_status <> 'active', false),
		item.sender_id <> 0 AND NOT (COALESCE(member.may_send, true) AND COALESCE(sender.may_send, true)),
		COALESCE(conversation.type = 'direct', false) AND EXISTS (
			SELECT FROM members AS other
			JOIN blocks AS block
				ON (block.blocker = other.user_id AND block.blocked = item.sender_id)
				OR (block.blocker = item.sender_id AND block.blocked = other.user_id)
			WHERE other.conversation_id = item.conversation_id AND other.left_rev = 0
		),
		item.parent_id <> 0 AND parent.id IS NULL
	FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
		WITH ORDINALITY AS item (conversation_id, sender_id, parent_id, position)
	LEFT JOIN conversations AS conversation
		ON conversation.id = item.conversation_id AND conversation.deleted_at IS NULL
	LEFT JOIN members AS member
		ON member.conversation_id = item.conversation_id AND member.user_id = item.sender_id AND member.left_rev = 0
	LEFT JOIN users AS sender
		ON sender.id = item.sender_id AND sender.erased_at IS NULL
	LEFT JOIN messages AS parent
		ON parent.id = NULLIF(item.parent_id, 0) AND parent.conversation_id = item.conversation_id
		AND parent.deleted_at IS NULL
	ORDER BY item.position`

// refusal is what may speak against a message.
type refusal struct {
	Known, Ephemeral, Archived, Member, Suspended, Denied, Blocked, NoParent bool
}

// reason names the first thing that speaks against the message. One who may not
// see the conversation learns nothing else of it.
func (r refusal) reason() error {
	switch {
	case !r.Known:
		return model.ErrConversationNotFound
	case !r.Member:
		return model.ErrMemberNotFound
	case r.Suspended:
		return model.ErrUserSuspended
	case r.Denied:
		return model.Forbidden("the permission %s is denied to the sender", model.MessageSend)
	case r.Ephemeral:
		return model.ErrEphemeral
	case r.Archived:
		return model.ErrArchived
	case r.Blocked:
		return model.ErrBlocked
	case r.NoParent:
		return model.ErrParentNotFound
	}
	// What spoke against it has passed since.
	return model.ErrUnavailable
}

// explainRefusals finds out why messages have no result.
func (s *Store) explainRefusals(ctx context.Context, firsts []store.NewMessage, results []identity.Result) error {
	refused := unknown(results)
	if len(refused) == 0 {
		return nil
	}
	found, err := queryAll(ctx, s, pgx.RowToStructByPos[refusal], refusalSQL, refusalArguments(firsts, refused)...)
	if err != nil {
		return err
	}
	for i, place := range refused {
		results[place] = identity.Result{Hash: firsts[place].Hash, Err: found[i].reason()}
	}
	return nil
}

// unknown lists the places of the messages that have no result.
func unknown(results []identity.Result) []int {
	var places []int
	for place := range results {
		if !results[place].Known() {
			places = append(places, place)
		}
	}
	return places
}

func refusalArguments(firsts []store.NewMessage, refused []int) []any {
	n := len(refused)
	conversations, senders, parents := make([]int64, n), make([]int64, n), make([]int64, n)
	for i, place := range refused {
		message := &firsts[place]
		conversations[i], senders[i], parents[i] = int64(message.Conversation), int64(message.Sender), int64(message.Parent)
	}
	return []any{conversations, senders, parents}
}
