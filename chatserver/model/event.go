package model

// EventKind names what an event announces.
type EventKind string

// The kinds of event.
const (
	ConversationCreated EventKind = "conversation.created"
	MemberAdded         EventKind = "member.added"
	MemberRemoved       EventKind = "member.removed"
	MessageCreated      EventKind = "message.created"
	MessageEdited       EventKind = "message.edited"
	MessageDeleted      EventKind = "message.deleted"
)

// Event announces one durable change of a conversation. Exactly one of the
// objects is set, in the state that it had after the change or in a later one.
type Event struct {
	Kind           EventKind
	ConversationID ConversationID
	Rev            int64 // the place of the change in the conversation's order

	Conversation *Conversation
	Member       *Member
	Message      *Message
}
