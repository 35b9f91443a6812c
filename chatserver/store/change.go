package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Change is a transaction that holds the lock of one conversation: what it
// reads, nobody else changes before the commit. It is used by one goroutine.
type Change interface {
	// Conversation is the locked row. What is changed in place is stored with
	// the commit, but for ID, Type, CreatedBy, CreatedAt and LastSeq. A taken
	// externalId gives model.ErrConversationExists.
	Conversation() *model.Conversation
	// Next moves the conversation to its next rev and returns it. Objects that
	// change carry this rev.
	Next() int64
	// Now is the database's clock after the lock was taken.
	Now() time.Time

	// Member finds a membership, tombstones excluded (model.ErrMemberNotFound).
	Member(ctx context.Context, user model.UserID) (model.Member, error)
	// SaveMember stores a membership, new or old, by its Conversation and User,
	// but for the fields that SaveOwn of Members stores. A membership that
	// begins anew, with a CreatedRev of this change, has them reset: ReadSeq and
	// DeliveredSeq to JoinedSeq, the others to zero; the messages that the user
	// has hidden stay hidden. It keeps the conversation's MemberCount right. An
	// unknown user gives model.ErrUserNotFound.
	SaveMember(ctx context.Context, member model.Member) (model.Member, error)
	// Successor finds the present member who takes over from one who leaves: the
	// highest role, and among equals who joined first. The one who leaves is
	// passed over; with nobody else it gives model.ErrMemberNotFound.
	Successor(ctx context.Context, leaving model.UserID) (model.Member, error)
	// User finds one user.
	User(ctx context.Context, ref model.UserRef) (model.User, error)

	// Message finds one message, tombstones included.
	Message(ctx context.Context, ref model.MessageRef) (model.Message, error)
	// SaveMessage stores what changed of a message that is there. One that
	// becomes a tombstone loses its reactions and reports, and keeps its
	// conversation's MessageCount right.
	SaveMessage(ctx context.Context, message model.Message) error
	// MessagesFrom lists messages of a sender that are no tombstones, by seq
	// after the given one, at most limit.
	MessagesFrom(ctx context.Context, sender model.UserID, afterSeq int64, limit int) ([]model.Message, error)

	// AddReaction stores a reaction, later than all others of its message, and
	// counts it in the message's Reactions. It reports false when it was there.
	// The message is to be read after it, for the caller saves it with the rev of
	// the change.
	AddReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error)
	// RemoveReaction is the opposite; false when there was none.
	RemoveReaction(ctx context.Context, seq int64, user model.UserID, emoji string) (bool, error)
	// ReactionsFrom lists the reactions of a user to messages of the
	// conversation, at most limit.
	ReactionsFrom(ctx context.Context, user model.UserID, limit int) ([]model.Reaction, error)

	// Ban finds a ban, also one that is over (model.ErrBanNotFound).
	Ban(ctx context.Context, user model.UserID) (model.Ban, error)
	// SaveBan stores a ban, again if there is one.
	SaveBan(ctx context.Context, ban model.Ban) error
	// DeleteBan deletes a ban (model.ErrBanNotFound).
	DeleteBan(ctx context.Context, user model.UserID) error

	// Invite finds an invite of the conversation (model.ErrInviteNotFound).
	Invite(ctx context.Context, id model.InviteID) (model.Invite, error)
	// PendingInvite finds the pending invite of a user
	// (model.ErrInviteNotFound).
	PendingInvite(ctx context.Context, user model.UserID) (model.Invite, error)
	// SaveInvite stores an invite: a new one when its ID is 0.
	SaveInvite(ctx context.Context, invite model.Invite) (model.Invite, error)

	// AddJob stores a job that begins with the commit.
	AddJob(ctx context.Context, job NewJob) (model.Job, error)
	// AddAudit stores an audit event.
	AddAudit(ctx context.Context, event model.AuditEvent) error
}
