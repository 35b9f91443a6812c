package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// triggerFrame asks to tell a conversation something that is not stored.
type triggerFrame struct {
	frameHead
	Conversation string `json:"conversation"`
	eventRequest
}

func (f triggerFrame) check() error { return checkPresent("conversation", f.Conversation) }

func trigger(ctx context.Context, r *socketReader, frame triggerFrame) (any, error) {
	return struct{}{}, r.api.Chat.TriggerEvent(ctx, r.principal, chat.TriggerEvent{
		Conversation: model.ParseConversationRef(frame.Conversation), Type: frame.Type, Properties: frame.Properties,
	})
}
