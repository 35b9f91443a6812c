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
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/tracing"
)

// Change is one durable change of a conversation, ready for any wire: Body is
// the JSON of the object that Kind names.
type Change struct {
	Kind         model.EventKind
	Conversation model.ConversationID
	Rev          int64
	From         model.UserID // who wrote the message that it is about, or 0
	Seq          int64        // of the message that it is about, or 0
	Reveals      bool         // it changed which messages members see
	Body         json.RawMessage
	Arrival      Arrival         // on this pod; it does not travel
	Origin       *tracing.Origin // inside what its delivery is traced; nil when it is not sampled
}

// Arrival is when and how a pod learned of a change.
type Arrival struct {
	At      time.Time // when its own commit returned, or the bus handed the change over; zero when not known
	FromBus bool
}

// NoticeKind says what a notice is about.
type NoticeKind byte

// The kinds of notice. Their numbers are part of the protocol between pods.
const (
	Joined    NoticeKind = 0   // the user became a member: Conversation, Rev of the joining, Floor
	Revoked   NoticeKind = 200 // the user's tokens are revoked: Rev is the new epoch
	Blocked   NoticeKind = 201 // the user blocks Other
	Unblocked NoticeKind = 202 // the user blocks Other no more
	Expelled  NoticeKind = 203 // the user may follow Conversation no more, without having been a member
)

// Notice tells a hub something about the sessions of a user; their clients do
// not see it.
type Notice struct {
	Kind         NoticeKind
	User         model.UserID
	Conversation model.ConversationID
	Rev          int64
	Other        model.UserID
	Floor        int64 // the last seq from before the joining, if the conversation hides that
}

// NewChange encodes the object of an event.
func NewChange(event model.Event) (Change, error) {
	// Without a code of its own a kind would be read as a notice.
	if kindCodes[event.Kind] == joinedKind {
		return Change{}, fmt.Errorf("encode event %s: the kind has no code", event.Kind)
	}
	var object any
	var from model.UserID
	if event.Message != nil {
		from = event.Message.Sender
	}
	switch {
	case event.Reaction != nil:
		object, from = reactionBody{Reaction: *event.Reaction, Message: event.Message}, event.Reaction.User
	case event.Message != nil:
		object = event.Message
	case event.Member != nil:
		object = event.Member
	case event.Kind == model.ConversationDeleted && event.Conversation != nil:
		object = deletedBody{ID: event.Conversation.ID, Rev: event.Conversation.Rev, DeletedAt: event.Conversation.DeletedAt}
	case event.Conversation != nil:
		object = event.Conversation
	default:
		return Change{}, fmt.Errorf("encode event %s: it has no object", event.Kind)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return Change{}, fmt.Errorf("encode event %s: %w", event.Kind, err)
	}
	change := Change{
		Kind: event.Kind, Conversation: event.ConversationID, Rev: event.Rev, From: from, Reveals: event.Reveals, Body: body,
	}
	if event.Message != nil {
		change.Seq = event.Message.Seq
	}
	return change, nil
}

// reactionBody is a reaction with its message, whose summary has counted it.
type reactionBody struct {
	Reaction model.Reaction `json:"reaction"`
	Message  *model.Message `json:"message"`
}

// deletedBody is what is told of a conversation that is gone.
type deletedBody struct {
	ID        model.ConversationID `json:"id"`
	Rev       int64                `json:"rev"`
	DeletedAt *time.Time           `json:"deletedAt"`
}

// Item is one entry of a payload: exactly one of the three is set.
type Item struct {
	Change *Change
	Notice *Notice
	Signal *model.Signal
}

// version leads every payload. Pods of two releases run side by side, so a
// reader skips versions that it does not know; the sweep finds what it missed.
const version = 2

// joinedKind marks a Notice of a joining; a kind of event without a code would
// be taken for it.
const joinedKind = byte(Joined)

// Codes below 64 are changes of conversations, from 64 on signals to those who
// follow a conversation, from 128 on signals to a user's sessions, from 200 on
// notices about a user.
const (
	firstSignalCode     = 64
	firstUserSignalCode = 128
	firstNoticeCode     = 200
)

var kindCodes = map[model.EventKind]byte{
	model.ConversationCreated: 1,
	model.MemberAdded:         2,
	model.MemberRemoved:       3,
	model.MessageCreated:      4,
	model.MessageEdited:       5,
	model.MessageDeleted:      6,
	model.ConversationUpdated: 7,
	model.ConversationDeleted: 8,
	model.MemberUpdated:       9,
	model.ReactionAdded:       10,
	model.ReactionRemoved:     11,
}

var signalCodes = map[model.SignalKind]byte{
	model.TypingStarted:     64,
	model.TypingStopped:     65,
	model.KeystrokesTyped:   66,
	model.PresenceChanged:   67,
	model.PresenceSummary:   68,
	model.SessionEntered:    69,
	model.SessionLeft:       70,
	model.ReceiptMoved:      71,
	model.CustomEvent:       72,
	model.EphemeralMessage:  73,
	model.MembershipUpdated: 128,
	model.UserUpdated:       129,
	model.BlockCreated:      130,
	model.BlockDeleted:      131,
	model.InviteCreated:     132,
	model.InviteUpdated:     133,
	model.PresenceOwn:       140,
}

var (
	kindNames   = names(kindCodes)
	signalNames = names(signalCodes)
)

// names turns codes around.
func names[K comparable](codes map[K]byte) map[byte]K {
	turned := make(map[byte]K, len(codes))
	for name, code := range codes {
		turned[code] = name
	}
	return turned
}

// New starts a payload of the given pod.
func New(pod uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{version}, pod)
}

// AppendChange adds a change to a payload. The origin of a sampled one goes
// before it.
func AppendChange(payload []byte, change Change) []byte {
	if change.Origin != nil {
		payload = appendOrigin(payload, change.Conversation, change.Origin)
	}
	return appendItem(payload, kindCodes[change.Kind], int64(change.Conversation), change.Body,
		change.Rev, int64(change.From), change.third())
}

// third is the number that a change has beside its rev and its sender.
func (c Change) third() int64 {
	if c.Reveals {
		return reveals
	}
	return c.Seq
}

// reveals stands where other kinds of change have a seq.
const reveals = 1

// AppendNotice adds a notice to a payload.
func AppendNotice(payload []byte, notice Notice) []byte {
	second := int64(notice.Other)
	if notice.Kind == Joined {
		second = notice.Floor
	}
	return appendItem(payload, byte(notice.Kind), int64(notice.User), nil, notice.Rev, second, int64(notice.Conversation))
}

// AppendSignal adds a signal to a payload. One without a code is left out.
func AppendSignal(payload []byte, signal model.Signal) []byte {
	code, ok := signalCodes[signal.Kind]
	if !ok {
		return payload
	}
	id := int64(signal.Conversation)
	if code >= firstUserSignalCode {
		id = int64(signal.User)
	}
	return appendItem(payload, code, id, signal.Body, 0, int64(signal.From), 0)
}

// appendItem writes three numbers, whose meaning depends on the kind.
func appendItem(payload []byte, kind byte, id int64, body []byte, numbers ...int64) []byte {
	payload = binary.BigEndian.AppendUint64(payload, uint64(id))
	payload = append(payload, kind)
	for _, number := range numbers {
		payload = binary.AppendVarint(payload, number)
	}
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
	var origin *tracing.Origin
	for rest := payload[9:]; len(rest) > 0; {
		if len(rest) < 9 {
			return errMalformed
		}
		id, kind := int64(binary.BigEndian.Uint64(rest)), rest[8]
		var numbers [3]int64
		rest = rest[9:]
		for i := range numbers {
			number, n := binary.Varint(rest)
			if n <= 0 {
				return errMalformed
			}
			numbers[i], rest = number, rest[n:]
		}
		length, n := binary.Uvarint(rest)
		if n <= 0 || length > uint64(len(rest)-n) {
			return errMalformed
		}
		body := rest[n : n+int(length)]
		rest = rest[n+int(length):]
		if !wanted(kind, id) {
			continue
		}
		if kind == originKind {
			origin = readOrigin(body)
			continue
		}
		if item, ok := decode(kind, id, numbers, body); ok {
			if item.Change != nil {
				item.Change.Origin, origin = origin, nil
			}
			take(item)
		}
	}
	return nil
}

// IsOfUser tells what the id of an item that leads with this kind means: a user,
// or else a conversation.
func IsOfUser(kind byte) bool { return kind == joinedKind || kind >= firstUserSignalCode }

// decode reports false for a kind of a later release.
func decode(kind byte, id int64, numbers [3]int64, body []byte) (Item, bool) {
	rev, from := numbers[0], model.UserID(numbers[1])
	if kind == joinedKind || kind >= firstNoticeCode {
		notice := Notice{
			Kind: NoticeKind(kind), User: model.UserID(id),
			Conversation: model.ConversationID(numbers[2]), Rev: rev,
		}
		if notice.Kind == Joined {
			notice.Floor = numbers[1]
		} else {
			notice.Other = from
		}
		return Item{Notice: &notice}, notice.Kind.known()
	}
	copied := append(json.RawMessage(nil), body...)
	if kind >= firstSignalCode {
		name, ok := signalNames[kind]
		signal := model.Signal{Kind: name, From: from, Body: copied}
		if IsOfUser(kind) {
			signal.User = model.UserID(id)
		} else {
			signal.Conversation = model.ConversationID(id)
		}
		return Item{Signal: &signal}, ok
	}
	name, ok := kindNames[kind]
	change := Change{Kind: name, Conversation: model.ConversationID(id), Rev: rev, From: from, Body: copied}
	if name == model.ConversationUpdated {
		change.Reveals = numbers[2] == reveals
	} else {
		change.Seq = numbers[2]
	}
	return Item{Change: &change}, ok
}

func (k NoticeKind) known() bool {
	switch k {
	case Joined, Revoked, Blocked, Unblocked, Expelled:
		return true
	}
	return false
}
