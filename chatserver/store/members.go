package store

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// Members keeps who takes part in which conversation. Memberships begin, change
// and end under the lock of their conversation: see Change.
type Members interface {
	// Member finds one membership, tombstones excluded (model.ErrMemberNotFound).
	Member(ctx context.Context, conversation model.ConversationID, user model.UserID) (model.Member, error)
	// ListMembers reads a part of a conversation's present members by ascending
	// user id, and how many there are in all. A cursor's ID is the user; its Key
	// is 0.
	ListMembers(ctx context.Context, conversation model.ConversationID, filter MemberFilter, page model.ListPage) (members []model.Member, total int64, err error)
	// Memberships lists the conversations that a user may receive, those with
	// the latest change first, at most limit.
	Memberships(ctx context.Context, user model.UserID, limit int) ([]model.Membership, error)
	// SaveOwn changes what only the member itself sees: Muted, Hidden and
	// ClearedSeq. The change function gets the present state under the lock of
	// the row and changes it in place; its error stops the update. When it
	// changed anything, OwnRev moves on.
	SaveOwn(ctx context.Context, conversation model.ConversationID, user model.UserID, change func(*model.Member) error) (model.Member, error)
}

// MemberFilter selects members; the zero value selects all.
type MemberFilter struct {
	Roles  []model.MemberRole
	Users  []model.UserID // among these
	Search string         // how the display name or the username begins, without regard to case
}
