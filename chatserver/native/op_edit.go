package native

import (
	"cmp"
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// messageHead is what every frame about one message has.
type messageHead struct {
	frameHead
	Conversation string `json:"conversation"`
	Message      string `json:"message"`
}

func (h messageHead) check() error {
	return cmp.Or(checkPresent("conversation", h.Conversation), checkPresent("message", h.Message))
}

func (h messageHead) conversation() model.ConversationRef {
	return model.ParseConversationRef(h.Conversation)
}

func (h messageHead) message() model.MessageRef { return model.ParseMessageRef(h.Message) }

// editFrame asks to change a message by a merge patch.
type editFrame struct {
	messageHead
	messagePatch
}

func edit(ctx context.Context, r *socketReader, frame editFrame) (any, error) {
	return r.api.Chat.EditMessage(ctx, r.principal, frame.edit(frame.conversation(), frame.message()))
}
