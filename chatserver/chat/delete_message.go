package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// DeleteMessage makes a message a tombstone: its sender may, who needs
// message.delete, and moderators of the conversation and those above.
func (c *Chat) DeleteMessage(ctx context.Context, principal Principal, conversationRef model.ConversationRef, messageRef model.MessageRef) error {
	return c.change(ctx, principal, conversationRef, func(change *change) error {
		message, err := change.Message(ctx, messageRef)
		if err != nil {
			return err
		}
		if err := change.mayDelete(message); err != nil {
			return err
		}
		if message.Deleted() {
			return model.ErrMessageDeleted
		}
		if err := change.bury(ctx, message, principal.User); err != nil || message.Sender == principal.User {
			return err
		}
		return change.AddAudit(ctx, principal.sign(model.AuditEvent{
			Action: AuditMessageDeleted, User: message.Sender, Conversation: message.Conversation, Message: message.ID,
		}))
	})
}

func (c *change) mayDelete(message model.Message) error {
	switch {
	case c.moderates():
		return nil
	case message.Sender == 0 || message.Sender != c.principal.User:
		return model.Forbidden("only its sender or a moderator may delete a message")
	}
	return c.require(model.MessageDelete)
}

// bury makes a message a tombstone.
func (c *change) bury(ctx context.Context, message model.Message, by model.UserID) error {
	now := c.Now()
	message.Rev = c.Next()
	message = message.Tombstone(now, by)
	c.event(model.Event{Kind: model.MessageDeleted, Message: &message})
	return c.SaveMessage(ctx, message)
}

// HideMessage deletes a message for the principal's user alone: everybody else
// keeps it. Hiding it again changes nothing.
func (c *Chat) HideMessage(ctx context.Context, principal Principal, conversationRef model.ConversationRef, messageRef model.MessageRef) error {
	if principal.User == 0 {
		return needsUser(principal)
	}
	found, err := c.standing(ctx, principal, conversationRef)
	if err != nil {
		return err
	}
	if found.member == nil {
		return model.ErrMemberNotFound
	}
	message, err := c.Store.Message(ctx, found.conversation.ID, messageRef)
	if err != nil {
		return translate(err)
	}
	if message.Seq <= found.floor() {
		return model.ErrMessageNotFound
	}
	member, hidden, err := c.Store.HideMessage(ctx, found.conversation.ID, principal.User, message.Seq)
	if err != nil {
		return translate(err)
	}
	if hidden {
		c.announceOwn(member)
	}
	return nil
}
