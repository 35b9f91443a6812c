// Package envelope is the form in which pods tell each other of changes: what
// one publishes to a partition of the bus and the others read. Each item leads
// with the id that it is about, so that a pod without interest drops it without
// decoding the rest.
//
// What may enter: the binary form and its checks. What may not: who listens and
// what is done with an item.
package envelope

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
)

// Change is one durable change of a conversation, ready for any wire: Body is
// the JSON of the object that Kind names.
type Change struct {
	Kind         model.EventKind
	Conversation model.ConversationID
	Rev          int64
	Body         json.RawMessage
}

// Notice tells the sessions of a user that the user became a member.
type Notice struct {
	User         model.UserID
	Conversation model.ConversationID
	Rev          int64 // at which the user joined
}

// NewChange encodes the object of an event.
func NewChange(event model.Event) (Change, error) {
	// Without a code of its own a kind would be read as a notice.
	if kindCodes[event.Kind] == noticeKind {
		return Change{}, fmt.Errorf("encode event %s: the kind has no code", event.Kind)
	}
	var object any
	switch {
	case event.Message != nil:
		object = event.Message
	case event.Member != nil:
		object = event.Member
	case event.Conversation != nil:
		object = event.Conversation
	default:
		return Change{}, fmt.Errorf("encode event %s: it has no object", event.Kind)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return Change{}, fmt.Errorf("encode event %s: %w", event.Kind, err)
	}
	return Change{Kind: event.Kind, Conversation: event.ConversationID, Rev: event.Rev, Body: body}, nil
}

// Item is one entry of a payload: either a Change or a Notice is set.
type Item struct {
	Change *Change
	Notice *Notice
}

// version leads every payload. Pods of two releases run side by side, so a
// reader skips versions that it does not know; the sweep finds what it missed.
const version = 1

// noticeKind marks a Notice among the kinds of change below.
const noticeKind = 0

var kindCodes = map[model.EventKind]byte{
	model.ConversationCreated: 1,
	model.MemberAdded:         2,
	model.MemberRemoved:       3,
	model.MessageCreated:      4,
	model.MessageEdited:       5,
	model.MessageDeleted:      6,
}

var kindNames = map[byte]model.EventKind{
	1: model.ConversationCreated,
	2: model.MemberAdded,
	3: model.MemberRemoved,
	4: model.MessageCreated,
	5: model.MessageEdited,
	6: model.MessageDeleted,
}

// New starts a payload of the given pod.
func New(pod uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{version}, pod)
}

// AppendChange adds a change to a payload.
func AppendChange(payload []byte, change Change) []byte {
	return appendItem(payload, kindCodes[change.Kind], int64(change.Conversation), change.Rev, change.Body)
}

// AppendNotice adds a notice to a payload.
func AppendNotice(payload []byte, notice Notice) []byte {
	conversation := binary.AppendVarint(nil, int64(notice.Conversation))
	return appendItem(payload, noticeKind, int64(notice.User), notice.Rev, conversation)
}

func appendItem(payload []byte, kind byte, id, rev int64, body []byte) []byte {
	payload = binary.BigEndian.AppendUint64(payload, uint64(id))
	payload = append(payload, kind)
	payload = binary.AppendVarint(payload, rev)
	payload = binary.AppendUvarint(payload, uint64(len(body)))
	return append(payload, body...)
}

var errMalformed = errors.New("malformed payload")

// Read walks a payload. Payloads of the pod itself and of an unknown version
// have nothing to say. For every item wanted is asked by the leading id, and
// only then the item is decoded and handed to take. Bodies are copies.
func Read(payload []byte, pod uint64, wanted func(kind byte, id int64) bool, take func(Item)) error {
	if len(payload) < 9 {
		return errMalformed
	}
	if payload[0] != version || binary.BigEndian.Uint64(payload[1:9]) == pod {
		return nil
	}
	for rest := payload[9:]; len(rest) > 0; {
		if len(rest) < 9 {
			return errMalformed
		}
		id, kind := int64(binary.BigEndian.Uint64(rest)), rest[8]
		rest = rest[9:]
		rev, n := binary.Varint(rest)
		if n <= 0 {
			return errMalformed
		}
		rest = rest[n:]
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return errMalformed
		}
		body := rest[n : n+int(length)]
		rest = rest[n+int(length):]
		if !wanted(kind, id) {
			continue
		}
		if item, ok := decode(kind, id, rev, body); ok {
			take(item)
		}
	}
	return nil
}

// IsNotice tells what the id of an item that leads with this kind means: a user
// for a notice, a conversation for a change.
func IsNotice(kind byte) bool { return kind == noticeKind }

// decode reports false for a kind of a later release.
func decode(kind byte, id, rev int64, body []byte) (Item, bool) {
	if IsNotice(kind) {
		conversation, n := binary.Varint(body)
		notice := Notice{User: model.UserID(id), Conversation: model.ConversationID(conversation), Rev: rev}
		return Item{Notice: &notice}, n > 0
	}
	name, ok := kindNames[kind]
	change := Change{
		Kind: name, Conversation: model.ConversationID(id), Rev: rev,
		Body: append(json.RawMessage(nil), body...),
	}
	return Item{Change: &change}, ok
}
