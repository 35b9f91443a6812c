package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// typingFrame says that the user types, or has stopped.
type typingFrame struct {
	frameHead
	Conversation string          `json:"conversation"`
	Thread       model.MessageID `json:"thread,omitzero"`
	Active       *bool           `json:"active,omitzero"`
}

func (f typingFrame) check() error {
	if f.Active == nil {
		return errNoActive
	}
	return needsConversation(f.Conversation)
}

var errNoActive = model.Invalid("active", "is missing: true for one who types, false for one who has stopped")

func answerTyping(ctx context.Context, r *socketReader, frame typingFrame) (any, error) {
	return struct{}{}, r.api.Chat.Typing(ctx, r.principal, chat.Typing{
		Conversation: model.ParseConversationRef(frame.Conversation), Thread: frame.Thread, Active: *frame.Active,
	})
}
