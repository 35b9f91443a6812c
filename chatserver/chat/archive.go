package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// SetStatus archives a conversation, so that it takes no more messages, or makes
// it active again. It needs conversation.archive.
func (c *Chat) SetStatus(ctx context.Context, principal Principal, ref model.ConversationRef, status model.ConversationStatus) (model.Conversation, error) {
	var changed model.Conversation
	err := c.change(ctx, principal, ref, func(change *change) error {
		if err := change.require(model.ConversationArchive); err != nil {
			return err
		}
		if change.Conversation().Status != status {
			change.Conversation().Status = status
			change.touch()
		}
		changed = *change.Conversation()
		return nil
	})
	return changed, err
}
