package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Store keeps the users, conversations, members and messages of one project.
//
// All methods are safe for concurrent use and honour the context: a cancelled
// call either changed nothing or changed everything, and the caller cannot tell
// which. Objects that are unknown give the model's not-found errors, broken
// uniqueness gives its conflict errors, a connection, deadlock or time-out
// gives an error that IsRetryable accepts. Times are UTC with microseconds.
//
// Locks are taken in one order everywhere: conversations by id, then members by
// (conversation, user), then messages.
type Store interface {
	// Epoch names this life of the data: its restore id, which whoever restores
	// a backup replaces, and where the engine has one the timeline, which a
	// failover changes. In another epoch no rev that a client remembers means
	// anything.
	Epoch(ctx context.Context) (string, error)

	// CreateUser stores a user. A taken username or externalId gives
	// model.ErrUserExists. Usernames are compared without regard to case.
	CreateUser(ctx context.Context, user NewUser) (model.User, error)
	// User finds one user.
	User(ctx context.Context, ref model.UserRef) (model.User, error)
	// UserIDs resolves references, in their order, in one read. The first one
	// that is unknown gives an UnknownReferenceError that wraps
	// model.ErrUserNotFound.
	UserIDs(ctx context.Context, refs []model.UserRef) ([]model.UserID, error)

	// CreateConversation stores a conversation with its members at rev 1. For a
	// direct conversation whose set of members has one already, that one is
	// returned with created false and nothing changes. A taken externalId gives
	// model.ErrConversationExists.
	CreateConversation(ctx context.Context, conversation NewConversation) (stored model.Conversation, members []model.Member, created bool, err error)
	// Conversation finds one conversation.
	Conversation(ctx context.Context, ref model.ConversationRef) (model.Conversation, error)

	// AddMember makes the user a member, again if the user had left. A user who
	// is a member already is returned unchanged with added false.
	AddMember(ctx context.Context, conversation model.ConversationID, user model.UserID, role model.MemberRole) (member model.Member, added bool, err error)
	// RemoveMember makes the membership a tombstone. A user who is no member
	// gives model.ErrMemberNotFound.
	RemoveMember(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error)
	// Member finds one membership, tombstones excluded (model.ErrMemberNotFound).
	Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error)
	// Memberships lists the conversations of a user, those with the latest
	// change first, at most limit.
	Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error)
	// MembershipsChanged lists the current memberships of the given users whose
	// member row changed at or after the given time of the database's clock.
	MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]UserMembership, error)
	// Now reads the database's clock.
	Now(ctx context.Context) (time.Time, error)

	// Append stores a group of messages in one transaction. Messages of one
	// conversation get consecutive seqs and revs in the group's order. The
	// outcomes are in the group's order; see AppendOutcome. An error means that
	// the transaction failed as a whole or that its fate is unknown: the same
	// group may be appended again, because (conversation, sender, clientId)
	// stores a message at most once.
	Append(ctx context.Context, group []NewMessage) ([]AppendOutcome, error)
	// Message finds one message of a conversation, tombstones included.
	Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (model.Message, error)
	// EditMessage replaces a message's content and properties (nil keeps the
	// latter) and stamps EditedAt. The allow function is called on the present
	// state under the conversation's lock; its error stops the edit. A tombstone
	// gives model.ErrMessageDeleted.
	EditMessage(ctx context.Context, edit MessageEdit, allow func(model.Message) error) (model.Message, error)
	// DeleteMessage makes a message a tombstone, with allow as in EditMessage.
	// A tombstone gives model.ErrMessageDeleted.
	DeleteMessage(ctx context.Context, conversation model.ConversationID, ref model.MessageRef, allow func(model.Message) error) (model.Message, error)
	// Messages reads a part of the history, tombstones included, by ascending
	// seq.
	Messages(ctx context.Context, conversation model.ConversationID, page model.MessagePage) ([]model.Message, error)

	// Revs reads the present rev of conversations. Unknown ones are absent.
	Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error)
	// Changes reads what happened after rev since, all of it in one snapshot.
	// More than limit objects, a since above the present rev, or an unknown
	// conversation give Reset.
	Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error)

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	// Close waits for running calls and lets go of every connection.
	Close() error
}

// NewUser is a user to be stored.
type NewUser struct {
	ExternalID  string
	Username    string
	DisplayName string
	Email       string
	Avatar      string
	Properties  json.RawMessage // a JSON object
	Guest       bool
}

// NewConversation is a conversation to be stored. Members are distinct, the
// creator is one of them.
type NewConversation struct {
	ExternalID string
	Type       model.ConversationType
	Name       string
	Properties json.RawMessage // a JSON object
	CreatedBy  model.UserID
	Members    []NewMember
}

// NewMember is one first member of a conversation.
type NewMember struct {
	User model.UserID
	Role model.MemberRole
}

// NewMessage is a message to be appended.
type NewMessage struct {
	Conversation model.ConversationID
	Sender       model.UserID
	ClientID     string
	ExternalID   string
	Type         model.MessageType
	Content      json.RawMessage // a JSON string or object
	Properties   json.RawMessage // a JSON object
	Hash         [32]byte        // of the original request: tells "the same" from "other content"
}

// AppendOutcome is what became of one message of a group: exactly one of
// Message and Err is meaningful.
//
// A clientId that was used before with the same Hash, in the store or earlier
// in the group, gives the first message with Duplicate set; with another Hash
// it gives model.ErrClientIDReused. A sender who is no member now gives
// model.ErrMemberNotFound, an unknown conversation
// model.ErrConversationNotFound, a taken externalId model.ErrMessageExists.
type AppendOutcome struct {
	Message   model.Message
	Duplicate bool
	Err       error
}

// MessageEdit is a change of a message's content.
type MessageEdit struct {
	Conversation model.ConversationID
	Message      model.MessageRef
	Content      json.RawMessage
	Properties   json.RawMessage // nil keeps the present ones
}

// UserMembership is a membership together with whose it is.
type UserMembership struct {
	User model.UserID
	model.Membership
}

// UnknownReferenceError says which of several references is unknown.
type UnknownReferenceError struct {
	Index int
	Err   error
}

func (e *UnknownReferenceError) Error() string { return e.Err.Error() }

// Unwrap returns the model's not-found error.
func (e *UnknownReferenceError) Unwrap() error { return e.Err }

// ErrRetryable marks an error after which the same call may succeed: a lost
// connection, a deadlock, a lock or statement time-out. The fate of the failed
// call may be unknown.
var ErrRetryable = errors.New("the store did not answer")

// IsRetryable reports whether the same call may succeed later.
func IsRetryable(err error) bool { return errors.Is(err, ErrRetryable) }
