package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// presenceFrame chooses the status of the session's user.
type presenceFrame struct {
	frameHead
	Status presence.Status `json:"status"`
}

func answerPresence(ctx context.Context, r *socketReader, frame presenceFrame) (any, error) {
	return r.api.Chat.SetPresence(ctx, r.principal, model.UserRef{ID: r.principal.User}, frame.Status)
}
