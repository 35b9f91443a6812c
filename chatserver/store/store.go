package store

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Store keeps the durable state of one project.
//
// All methods are safe for concurrent use and honour the context: a cancelled
// call either changed nothing or changed everything, and the caller cannot tell
// which. Objects that are unknown give the model's not-found errors, broken
// uniqueness gives its conflict errors, a connection, deadlock or time-out
// gives an error that IsRetryable accepts. Times are UTC with microseconds.
//
// An erased user and a deleted conversation are unknown to every method, unless
// it says otherwise.
//
// Locks are taken in one order everywhere: users by id, conversations by id,
// then members by (conversation, user), then messages.
type Store interface {
	Users
	Tokens
	Sessions
	Secrets
	Blocks
	Conversations
	Members
	Messages
	Receipts
	Moderation
	Jobs
	Sweeps

	// Ping reports whether the store answers.
	Ping(ctx context.Context) error
	// Close waits for running calls and lets go of every connection.
	Close() error
}

// Sweeps is what a pod asks in order to find what no announcement told it.
type Sweeps interface {
	// Epoch names this life of the data: its restore id, which whoever restores
	// a backup replaces, and where the engine has one the timeline, which a
	// failover changes. In another epoch no rev that a client remembers means
	// anything.
	Epoch(ctx context.Context) (string, error)
	// Now reads the database's clock.
	Now(ctx context.Context) (time.Time, error)
	// Revs reads the present rev of conversations, deleted ones included.
	// Unknown ones are absent.
	Revs(ctx context.Context, conversations []model.ConversationID) (map[model.ConversationID]int64, error)
	// Changes reads what happened after rev since, all of it in one snapshot.
	// More than limit objects, a since above the present rev, or an unknown
	// conversation give Reset. Of a deleted conversation nothing is told but
	// its deletion.
	Changes(ctx context.Context, conversation model.ConversationID, since int64, limit int) (model.Changes, error)
	// MembershipsChanged lists the current memberships of the given users whose
	// member row changed at or after the given time of the database's clock.
	MembershipsChanged(ctx context.Context, users []model.UserID, since time.Time) ([]UserMembership, error)
	// RevokedSince lists the users whose tokens were revoked at or after the
	// given time of the database's clock, erased users included.
	RevokedSince(ctx context.Context, since time.Time) ([]UserEpoch, error)
}

// UserMembership is a membership together with whose it is.
type UserMembership struct {
	User model.UserID
	model.Membership
}

// UserEpoch is the present token epoch of a user.
type UserEpoch struct {
	User  model.UserID
	Epoch int64
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
