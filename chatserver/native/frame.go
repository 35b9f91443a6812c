package native

import (
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
)

// The operations of a client frame.
const (
	opPing = "ping"
	opSend = "send"
	opSync = "sync"
)

// clientFrame is one line from a client: every field of every operation.
type clientFrame struct {
	ID *int64 `json:"id"` // comes back in the answer
	Op string `json:"op"`

	// send
	Conversation string          `json:"conversation"`
	ClientID     string          `json:"clientId"`
	ExternalID   string          `json:"externalId"`
	Content      json.RawMessage `json:"content"`
	Properties   json.RawMessage `json:"properties"`

	// sync: without conversations the session follows from now on
	Epoch         string                         `json:"epoch"`
	Conversations map[model.ConversationID]int64 `json:"conversations"`
}

// decodeFrame returns what it could read of a bad frame too, so that the answer
// can carry its id.
func decodeFrame(message []byte) (clientFrame, error) {
	var frame clientFrame
	if err := decodeJSON("frame", message, &frame); err != nil {
		return frame, err
	}
	sends := frame.Conversation != "" || frame.ClientID != "" || frame.ExternalID != "" || frame.Content != nil || frame.Properties != nil
	syncs := frame.Epoch != "" || frame.Conversations != nil
	switch {
	case frame.ID == nil:
		return frame, model.Invalid("id", "is missing: give a number, it comes back in the answer")
	case frame.Op != opPing && frame.Op != opSend && frame.Op != opSync:
		return frame, model.Invalid("op", "must be send, sync or ping")
	case sends && frame.Op != opSend, syncs && frame.Op != opSync:
		return frame, model.Invalid("op", "the frame has fields that do not belong to %s", frame.Op)
	case frame.Op == opSend && frame.Conversation == "":
		return frame, model.Invalid("conversation", "is missing")
	}
	if frame.Op == opSync && frame.Epoch != "" && frame.Conversations == nil {
		return frame, model.Invalid("conversations", "is missing: an epoch alone says nothing; leave it out to follow from now on")
	}
	for _, rev := range frame.Conversations {
		if rev < 0 {
			return frame, model.Invalid("conversations", "a rev must not be negative")
		}
	}
	return frame, nil
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

// snapshotData is what a session stands on once it follows its conversations.
type snapshotData struct {
	Epoch         string                 `json:"epoch"`
	Conversations []model.Membership     `json:"conversations"`
	Added         []model.ConversationID `json:"added,omitempty"`
	Gone          []model.ConversationID `json:"gone,omitempty"`
	Reset         []model.ConversationID `json:"reset,omitempty"`
}

func newSnapshotData(snapshot hub.Snapshot) *snapshotData {
	data := snapshotData(snapshot)
	if data.Conversations == nil {
		data.Conversations = []model.Membership{}
	}
	return &data
}

type helloData struct {
	User     model.UserID  `json:"user"`
	Resume   bool          `json:"resume"` // the server waits for a sync
	Snapshot *snapshotData `json:"snapshot,omitempty"`
}

type errorData struct {
	Code    string             `json:"code"`
	Message string             `json:"message"`
	Errors  []model.FieldError `json:"errors,omitempty"`
	// RetryAfterMs is rounded up: a client that waits so long waits long enough.
	RetryAfterMs int64 `json:"retryAfterMs,omitempty"`
}

func okFrame(id *int64, data any) []byte {
	return encodeFrame(struct {
		ID *int64 `json:"id"`
		OK any    `json:"ok"`
	}{id, data})
}

func errorFrame(id *int64, err error) []byte {
	known := model.AsError(err)
	return encodeFrame(struct {
		ID    *int64    `json:"id"`
		Error errorData `json:"error"`
	}{id, errorData{
		Code: known.Code, Message: known.Message, Errors: known.Fields,
		RetryAfterMs: int64((known.RetryAfter + time.Millisecond - 1) / time.Millisecond),
	}})
}

func eventFrame(event string, data any) []byte {
	return encodeFrame(struct {
		Event string `json:"event"`
		Data  any    `json:"data"`
	}{event, data})
}

func encodeFrame(frame any) []byte {
	encoded, err := json.Marshal(frame)
	if err != nil {
		// Frames are made of strings, numbers and JSON that was read before.
		panic(err)
	}
	return encoded
}
