package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// keystrokesFrame shows what the user types before it is sent.
type keystrokesFrame struct {
	frameHead
	Conversation string          `json:"conversation"`
	Thread       model.MessageID `json:"thread,omitzero"`
	Keys         *string         `json:"keys,omitzero"`
}

func (f keystrokesFrame) check() error {
	if f.Keys == nil {
		return model.Invalid("keys", "is missing: the text to show, or an empty string for none")
	}
	return needsConversation(f.Conversation)
}

func answerKeystrokes(ctx context.Context, r *socketReader, frame keystrokesFrame) (any, error) {
	return struct{}{}, r.api.Chat.Keystrokes(ctx, r.principal, chat.Keystrokes{
		Conversation: model.ParseConversationRef(frame.Conversation), Thread: frame.Thread, Keys: *frame.Keys,
	})
}
