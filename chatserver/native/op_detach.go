package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// detachFrame closes a conversation.
type detachFrame struct {
	frameHead
	Conversation string `json:"conversation"`
}

func (f detachFrame) check() error { return needsConversation(f.Conversation) }

func answerDetach(ctx context.Context, r *socketReader, frame detachFrame) (any, error) {
	return struct{}{}, r.live.Detach(ctx, model.ParseConversationRef(frame.Conversation))
}
