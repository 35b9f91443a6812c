package native

import (
	"strconv"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// wire is the native form of what the hub delivers: one JSON object per line.
type wire struct{}

// Change puts the encoded object into its frame without decoding it.
func (wire) Change(change envelope.Change) []byte {
	frame := make([]byte, 0, len(change.Body)+96)
	frame = append(frame, `{"event":"`...)
	frame = append(frame, change.Kind...)
	frame = append(frame, `","conversation":"`...)
	frame = strconv.AppendInt(frame, int64(change.Conversation), 10)
	frame = append(frame, `","rev":`...)
	frame = strconv.AppendInt(frame, change.Rev, 10)
	frame = append(frame, `,"data":`...)
	frame = append(frame, change.Body...)
	return append(frame, '}')
}

// Signal has no rev: it has no place in the conversation's order. One to the
// user has no conversation either.
func (wire) Signal(signal model.Signal) []byte {
	frame := make([]byte, 0, len(signal.Body)+96)
	frame = append(frame, `{"event":"`...)
	frame = append(frame, signal.Kind...)
	if signal.Conversation != 0 {
		frame = append(frame, `","conversation":"`...)
		frame = strconv.AppendInt(frame, int64(signal.Conversation), 10)
	}
	frame = append(frame, `","data":`...)
	frame = append(frame, signal.Body...)
	return append(frame, '}')
}

// Reset tells the client to read the conversation anew.
func (wire) Reset(conversation model.ConversationID, rev int64) []byte {
	return encodeFrame(struct {
		Event        sessionEvent         `json:"event"`
		Conversation model.ConversationID `json:"conversation"`
		Rev          int64                `json:"rev"`
	}{eventReset, conversation, rev})
}

// Drain tells the client to connect again.
func (wire) Drain(within time.Duration) []byte {
	return eventFrame(eventDrain, struct {
		WithinMilliseconds int64 `json:"withinMs"`
	}{within.Milliseconds()})
}

// shardSocketPath is where a shard's WebSocket is opened from outside.
func shardSocketPath(shard int) string {
	return "/s/" + strconv.Itoa(shard) + "/chat/v1/ws"
}
