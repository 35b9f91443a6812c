package sqlite

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// refusal finds what speaks against a message. One who may not see the
// conversation learns nothing else of it.
func (a *appending) refusal(ctx context.Context, message store.NewMessage, at *base, parent model.Message) (refused, err error) {
	if at == nil {
		return model.ErrConversationNotFound, nil
	}
	if message.Sender != 0 {
		if refused, err := a.senderRefusal(ctx, message); refused != nil || err != nil {
			return refused, err
		}
	}
	switch {
	case at.conversation.Ephemeral:
		return model.ErrEphemeral, nil
	case at.conversation.Status != model.ConversationActive:
		return model.ErrArchived, nil
	}
	if at.conversation.Type == model.Direct {
		if blocked, err := a.isBlocked(ctx, message); blocked || err != nil {
			return model.ErrBlocked, err
		}
	}
	if message.Parent != 0 && parent.ID == 0 {
		return model.ErrParentNotFound, nil
	}
	return nil, nil
}

// sender is what counts of who sends.
type sender struct {
	member, active, maySend bool
}

func scanSender(from row) (sender, error) {
	found := sender{member: true}
	return found, from.Scan(&found.active, &found.maySend)
}

func (a *appending) senderRefusal(ctx context.Context, message store.NewMessage) (refused, err error) {
	if fault(faultSkipMemberCheck) {
		return nil, nil
	}
	found, err := appendOne(ctx, a, scanSender, `
		SELECT person.account_status = 'active', person.may_send AND member.may_send
		FROM members AS member
		JOIN users AS person ON person.id = member.user_id AND person.erased_at IS NULL
		WHERE member.conversation_id = ? AND member.user_id = ? AND member.left_rev = 0`,
		message.Conversation, message.Sender)
	switch {
	case err != nil:
		return nil, err
	case !found.member:
		return model.ErrMemberNotFound, nil
	case !found.active:
		return model.ErrUserSuspended, nil
	case !found.maySend:
		return model.Forbidden("the permission %s is denied to the sender", model.MessageSend), nil
	}
	return nil, nil
}

// isBlocked looks for a block between the sender and another member, either way.
func (a *appending) isBlocked(ctx context.Context, message store.NewMessage) (bool, error) {
	found, err := appendOne(ctx, a, scanNumber[int64], `
		SELECT count(*)
		FROM members AS other
		JOIN blocks AS block
			ON (block.blocker = other.user_id AND block.blocked = ?2)
			OR (block.blocker = ?2 AND block.blocked = other.user_id)
		WHERE other.conversation_id = ?1 AND other.left_rev = 0`, message.Conversation, message.Sender)
	return found > 0, err
}
