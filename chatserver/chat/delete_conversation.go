package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// DeleteConversation deletes a conversation for good: it is gone at once, and
// the job that is returned erases what is left of it. Its owner may, and whoever
// administers the project; a direct conversation and a ticket belong to no
// single one of their members, so only the latter may delete those.
func (c *Chat) DeleteConversation(ctx context.Context, principal Principal, ref model.ConversationRef) (model.Job, error) {
	var job model.Job
	err := c.change(ctx, principal, ref, func(change *change) error {
		err := change.mayDeleteConversation()
		if err != nil {
			return err
		}
		conversation := change.Conversation()
		now := change.Now()
		conversation.DeletedAt = &now
		conversation.ObjectRev = change.Next()
		change.event(model.Event{Kind: model.ConversationDeleted, Conversation: &model.Conversation{
			ID: conversation.ID, Rev: conversation.Rev, DeletedAt: &now,
		}})
		if job, err = change.AddJob(ctx, store.NewJob{Kind: model.EraseConversation, Conversation: conversation.ID}); err != nil {
			return err
		}
		return change.AddAudit(ctx, principal.sign(model.AuditEvent{Action: AuditConversationDeleted, Conversation: conversation.ID}))
	})
	return job, err
}

func (c *change) mayDeleteConversation() error {
	if c.administers() {
		return nil
	}
	switch c.Conversation().Type {
	case model.Direct, model.Ticket:
		return model.Forbidden("only whoever administers the project deletes a conversation of the type %s", c.Conversation().Type)
	}
	if c.member == nil || c.member.Role != model.RoleOwner {
		return model.Forbidden("only its owner may delete a conversation")
	}
	return nil
}
