package native

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/model"
)

// benchmarkMessage is as large as the load tool's.
func benchmarkMessage() model.Message {
	return model.Message{
		ID: 1_000_000_000_005, Conversation: 1_000_000_000_001, Seq: 41, CreatedRev: 42, Rev: 42, ClientID: "0-1234",
		Sender: 1_000_000_000_000, Type: "text", Content: json.RawMessage(`{"text":"0-1234.................................."}`),
		Properties: json.RawMessage(`{}`), CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	}
}

func BenchmarkDecodeSend(b *testing.B) {
	frame := []byte(`{"id":7,"op":"send","conversation":"1000000000001","clientId":"0-1234","content":{"text":"0-1234.................................."}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decodeFrame(frame); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodeChange makes the frame of a message, as it is done once for all
// sessions: the message is encoded, then framed.
func BenchmarkEncodeChange(b *testing.B) {
	message := benchmarkMessage()
	event := model.Event{Kind: model.MessageCreated, ConversationID: message.Conversation, Rev: message.Rev, Message: &message}
	b.ReportAllocs()
	for b.Loop() {
		change, err := envelope.NewChange(event)
		if err != nil {
			b.Fatal(err)
		}
		wire{}.Change(change)
	}
}

func BenchmarkEncodeAck(b *testing.B) {
	sent := chat.Sent{Message: benchmarkMessage(), Durable: true}
	id := int64(7)
	b.ReportAllocs()
	for b.Loop() {
		okFrame(&id, newAckData(sent))
	}
}
