package model

// EventKind names what an event announces.
type EventKind string

// The kinds of event: durable changes of a conversation.
const (
	ConversationCreated EventKind = "conversation.created"
	ConversationUpdated EventKind = "conversation.updated"
	ConversationDeleted EventKind = "conversation.deleted"
	MemberAdded         EventKind = "member.added"
	MemberUpdated       EventKind = "member.updated"
	MemberRemoved       EventKind = "member.removed"
	MessageCreated      EventKind = "message.created"
	MessageEdited       EventKind = "message.edited"
	MessageDeleted      EventKind = "message.deleted"
	ReactionAdded       EventKind = "reaction.added"
	ReactionRemoved     EventKind = "reaction.removed"
)

// Event announces one durable change of a conversation. Exactly one of the
// objects is set, in the state that it had after the change or in a later one;
// an event of a reaction has its message too.
type Event struct {
	Kind           EventKind
	ConversationID ConversationID
	Rev            int64 // the place of the change in the conversation's order
	// Reveals says of an update of a conversation that it changed which messages
	// members see.
	Reveals bool

	Conversation *Conversation
	Member       *Member
	Message      *Message
	Reaction     *Reaction
}
