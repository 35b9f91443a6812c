package native

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// sessionEvent names an event that is about the session itself; the others are
// those of package model.
type sessionEvent string

const (
	eventHello sessionEvent = "hello" // the first frame
	eventReset sessionEvent = "reset" // a conversation must be read anew
	eventDrain sessionEvent = "drain" // the server stops
)

// frameHead is what every frame of a client has. An op's frame embeds it.
type frameHead struct {
	ID *int64 `json:"id"` // comes back in the answer
	Op string `json:"op"`
}

func (h frameHead) head() frameHead { return h }

// check is for ops whose frames cannot be wrong once they are decoded.
func (h frameHead) check() error { return nil }

// clientFrame is one line from a client: a type that embeds frameHead.
type clientFrame interface {
	head() frameHead
	// check says what is wrong with the fields; rules of chat are not its business.
	check() error
}

// decodeFrame returns the head of a bad frame too, as far as it could be read, so
// that the answer can carry its id.
func decodeFrame(message []byte) (frameHead, call, error) {
	if decoded, ok := decodeStated(message); ok {
		return decoded.frame.head(), decoded, nil
	}
	var head frameHead
	if err := decodePart("frame", message, &head); err != nil {
		// What is no number leaves a zero behind, which is nobody's id.
		var alone struct{ ID *int64 }
		if json.Unmarshal(message, &alone) != nil {
			head.ID = nil
		}
		return head, call{}, err
	}
	if head.ID == nil {
		return head, call{}, model.Invalid("id", "is missing: give a number, it comes back in the answer")
	}
	operation, known := operations[head.Op]
	if !known {
		return head, call{}, errUnknownOp()
	}
	decoded, err := operation(message)
	return head, decoded, err
}

// decodeStated reads a frame once instead of twice: as that of the op which it
// seems to have. It reports false for one that turns out otherwise, or is bad.
func decodeStated(message []byte) (call, bool) {
	_, rest, found := bytes.Cut(message, []byte(`"op":"`))
	name, _, closed := bytes.Cut(rest, []byte{'"'})
	operation := operations[string(name)]
	if !found || !closed || operation == nil {
		return call{}, false
	}
	decoded, err := operation(message)
	if err != nil {
		return call{}, false
	}
	head := decoded.frame.head()
	return decoded, head.ID != nil && head.Op == string(name)
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

func eventFrame(event sessionEvent, data any) []byte {
	return encodeFrame(struct {
		Event sessionEvent `json:"event"`
		Data  any          `json:"data"`
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
