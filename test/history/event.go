package history

import (
	"strconv"
	"strings"
)

// Kind says what an event tells.
type Kind uint8

// The kinds of event.
const (
	Other   Kind = iota // any other durable event: of members, reactions, the conversation
	Created             // a message, at the rev of its birth
	Edited              // a message changed
	Deleted             // a message became a tombstone
)

// Event is one durable event as a client reads it.
type Event struct {
	Kind         Kind
	Conversation int64
	Rev          int64 // the frame's
	// Message of the message kinds, and of a reaction the message with its new
	// rev, if the client knows it. One with a CreatedRev is taken as whole, its
	// content included; a client that knows the id alone gives the id alone.
	Message Message
	// Object says what an Other event is about: "conversation",
	// "member/1000000000001", "message/1000000000001".
	Object string
	// ObjectRev is the rev of the object in the event's data, where an Other event
	// has one; 0 stands for Rev. A folded event may carry a later one.
	ObjectRev int64
	// CreatedRev is the rev at which the object of an Other event was made, where
	// the data says it: it names what happened then to those who only hear of a
	// later state.
	CreatedRev int64
}

// object identifies what a change is about: a message by id, else by name.
type object struct {
	message int64
	name    string
}

func (o object) String() string {
	if o.message != 0 {
		return messagePrefix + strconv.FormatInt(o.message, 10)
	}
	return o.name
}

const messagePrefix = "message/"

func namedObject(name string) object {
	if number, ok := strings.CutPrefix(name, messagePrefix); ok {
		if id, err := strconv.ParseInt(number, 10, 64); err == nil {
			return object{message: id}
		}
	}
	return object{name: name}
}

func (e Event) object() object {
	if e.Message.ID != 0 {
		return object{message: e.Message.ID}
	}
	return namedObject(e.Object)
}

// state is the rev of the state that the event carries.
func (e Event) state() int64 {
	return max(e.Rev, e.Message.Rev, e.ObjectRev)
}
