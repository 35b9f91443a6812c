package native

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// sendFrame asks to store a message.
type sendFrame struct {
	frameHead
	Conversation string          `json:"conversation"`
	ClientID     string          `json:"clientId,omitzero"`
	ExternalID   string          `json:"externalId,omitzero"`
	Content      json.RawMessage `json:"content,omitzero"`
	Properties   json.RawMessage `json:"properties,omitzero"`
}

func (f sendFrame) check() error {
	if f.Conversation == "" {
		return model.Invalid("conversation", "is missing")
	}
	return nil
}

// ackData is the answer to a send.
type ackData struct {
	ID           model.MessageID      `json:"id"`
	Conversation model.ConversationID `json:"conversation"`
	Seq          int64                `json:"seq"`
	Rev          int64                `json:"rev"`
	ClientID     string               `json:"clientId"`
	CreatedAt    time.Time            `json:"createdAt"`
	Duplicate    bool                 `json:"duplicate,omitempty"`
}

func newAckData(sent chat.Sent) ackData {
	message := sent.Message
	return ackData{
		ID: message.ID, Conversation: message.Conversation, Seq: message.Seq, Rev: message.Rev,
		ClientID: message.ClientID, CreatedAt: message.CreatedAt, Duplicate: sent.Duplicate,
	}
}

// send does not wait for the commit: the ack follows when it is done, and later
// frames are read meanwhile.
func (r *socketReader) send(frame sendFrame) {
	r.inFlight <- struct{}{}
	ctx, cancel := context.WithTimeout(r.context, operationTimeout)
	r.api.Chat.Submit(ctx, r.principal, chat.SendMessage{
		Conversation: model.ParseConversationRef(frame.Conversation),
		ClientID:     frame.ClientID, ExternalID: frame.ExternalID,
		Content: frame.Content, Properties: frame.Properties,
	}, func(sent chat.Sent, err error) {
		cancel()
		if err != nil {
			r.fail(frame.frameHead, err)
		} else {
			r.session.Send(okFrame(frame.ID, newAckData(sent)))
		}
		<-r.inFlight
	})
}
