package native

import (
	"cmp"
	"context"
)

// deleteFrame asks to delete a message, for all or for the user alone.
type deleteFrame struct {
	messageHead
	For string `json:"for,omitzero"`
}

func (f deleteFrame) check() error { return cmp.Or(f.messageHead.check(), checkFor(f.For)) }

func deleteMessage(ctx context.Context, r *socketReader, frame deleteFrame) (any, error) {
	remove := r.api.Chat.DeleteMessage
	if frame.For == forMe {
		remove = r.api.Chat.HideMessage
	}
	return struct{}{}, remove(ctx, r.principal, frame.conversation(), frame.message())
}
