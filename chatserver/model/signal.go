package model

import "encoding/json"

// SignalKind names what a signal says.
type SignalKind string

// The kinds of signal to those who follow a conversation.
const (
	TypingStarted    SignalKind = "typing.started"
	TypingStopped    SignalKind = "typing.stopped"
	KeystrokesTyped  SignalKind = "keystrokes"
	PresenceChanged  SignalKind = "presence.changed" // of one member, in a small conversation
	PresenceSummary  SignalKind = "presence.summary" // of a large conversation
	SessionEntered   SignalKind = "session.entered"  // somebody opened the conversation; not a membership
	SessionLeft      SignalKind = "session.left"
	ReceiptMoved     SignalKind = "receipt.moved"
	CustomEvent      SignalKind = "event.triggered"
	EphemeralMessage SignalKind = "message.created" // of a conversation that keeps none
)

// The kinds of signal to the sessions of one user.
const (
	PresenceOwn       SignalKind = "presence.own"       // the status that the user chose, on whatever session
	MembershipUpdated SignalKind = "membership.updated" // what only the member sees has changed
	UserUpdated       SignalKind = "user.updated"
	BlockCreated      SignalKind = "block.created"
	BlockDeleted      SignalKind = "block.deleted"
	InviteCreated     SignalKind = "invite.created"
	InviteUpdated     SignalKind = "invite.updated"
)

// Signal is an event that is delivered at most once and never stored: what it
// says can be read, or does not matter a moment later. Exactly one of
// Conversation and User says whom it goes to.
type Signal struct {
	Kind         SignalKind
	Conversation ConversationID  // to all who follow it
	User         UserID          // to this user's sessions
	From         UserID          // who caused it: those who block this user do not get it; or 0
	Body         json.RawMessage // what it says: a JSON object
}
