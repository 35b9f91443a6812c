package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/chat"
)

// reactFrame asks to add a reaction of the user, or to remove it.
type reactFrame struct {
	messageHead
	Emoji  string `json:"emoji"`
	Remove bool   `json:"remove,omitzero"`
}

// react answers with the message and its counts.
func react(ctx context.Context, r *socketReader, frame reactFrame) (any, error) {
	message, _, err := r.api.Chat.React(ctx, r.principal, chat.React{
		Conversation: frame.conversation(), Message: frame.message(), Emoji: frame.Emoji, Remove: frame.Remove,
	})
	return message, err
}
