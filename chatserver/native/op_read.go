package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// readFrame asks to move the user's read mark: up to a message, a seq, or the
// last message.
type readFrame struct {
	frameHead
	markRequest
	Conversation string `json:"conversation"`
}

func (f readFrame) check() error {
	if f.Conversation == "" {
		return model.Invalid("conversation", "is missing")
	}
	return nil
}

// answerRead answers once the mark is durable.
func answerRead(ctx context.Context, r *socketReader, frame readFrame) (any, error) {
	return r.api.Chat.MarkRead(ctx, r.principal, model.ParseConversationRef(frame.Conversation), frame.mark())
}
