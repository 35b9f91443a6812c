package native

import (
	"cmp"
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// sendFrame asks to send a message.
type sendFrame struct {
	frameHead
	Conversation string `json:"conversation"`
	messageFields
}

func (f sendFrame) check() error {
	return cmp.Or(checkPresent("conversation", f.Conversation), checkNamed("parent", f.Parent))
}

// checkPresent refuses a frame that lacks a reference.
func checkPresent(field, value string) error {
	if value == "" {
		return model.Invalid(field, "is missing")
	}
	return nil
}

// ackData is the answer to a send. What is not kept has neither id nor seq nor
// rev.
type ackData struct {
	ID           model.MessageID      `json:"id,omitempty"`
	Conversation model.ConversationID `json:"conversation"`
	Seq          int64                `json:"seq,omitempty"`
	Rev          int64                `json:"rev,omitempty"`
	ClientID     string               `json:"clientId"`
	CreatedAt    time.Time            `json:"createdAt"`
	Durable      bool                 `json:"durable"`
	Duplicate    bool                 `json:"duplicate,omitempty"`
}

func newAckData(sent chat.Sent) ackData {
	message := sent.Message
	return ackData{
		ID: message.ID, Conversation: message.Conversation, Seq: message.Seq, Rev: message.Rev,
		ClientID: message.ClientID, CreatedAt: message.CreatedAt, Durable: sent.Durable, Duplicate: sent.Duplicate,
	}
}

// send does not wait for the commit: the ack follows when it is done, and later
// frames are read meanwhile.
func (r *socketReader) send(frame sendFrame) {
	if r.inFlight == nil {
		r.inFlight = make(chan struct{}, maxInFlight)
	}
	r.inFlight <- struct{}{}
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	ctx, span := r.traceOp(ctx, frame.frameHead)
	r.api.Chat.Submit(ctx, r.principal, frame.message(model.ParseConversationRef(frame.Conversation)), func(sent chat.Sent, err error) {
		cancel()
		span.End(err)
		if err != nil {
			r.fail(frame.frameHead, err)
		} else {
			r.session.Send(okFrame(frame.ID, newAckData(sent)))
		}
		<-r.inFlight
	})
}
