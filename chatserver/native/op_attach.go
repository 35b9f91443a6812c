package native

import (
	"context"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// attachFrame opens a conversation: the user is in it from now on.
type attachFrame struct {
	frameHead
	Conversation string `json:"conversation"`
}

func (f attachFrame) check() error { return needsConversation(f.Conversation) }

// needsConversation says that the field is missing.
func needsConversation(reference string) error {
	if reference == "" {
		return model.Invalid("conversation", "is missing")
	}
	return nil
}

// attachedData is what the session stands on: later changes follow as events.
type attachedData struct {
	Conversation model.ConversationID `json:"conversation"`
	Rev          int64                `json:"rev"`
	LastSeq      int64                `json:"lastSeq"`
}

// attachOp answers before the first change is queued.
var attachOp = frameOp(func(r *socketReader, frame attachFrame) {
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	defer cancel()
	ctx, span := r.traceOp(ctx, frame.frameHead)
	err := r.api.Chat.AllowRequest(r.principal)
	if err == nil {
		err = r.live.Attach(ctx, model.ParseConversationRef(frame.Conversation), func(attached chat.Attached) {
			r.session.Send(okFrame(frame.ID, attachedData(attached)))
		})
	}
	span.End(err)
	if err != nil {
		r.fail(frame.frameHead, err)
	}
})
