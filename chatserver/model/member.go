package model

import "time"

// MemberRole is a member's standing within one conversation.
type MemberRole string

// The roles of a member, the highest first.
const (
	RoleOwner     MemberRole = "owner"
	RoleAdmin     MemberRole = "admin"
	RoleModerator MemberRole = "moderator"
	RoleMember    MemberRole = "member"
	RoleGuest     MemberRole = "guest"
)

// Valid reports whether the role is one of those above.
func (r MemberRole) Valid() bool {
	switch r {
	case RoleOwner, RoleAdmin, RoleModerator, RoleMember, RoleGuest:
		return true
	}
	return false
}

// Member is a user's place in a conversation. A member that left stays as a
// tombstone whose LeftRev is set, so that resuming clients learn of it.
type Member struct {
	Conversation ConversationID `json:"conversation"`
	User         UserID         `json:"user"`
	Role         MemberRole     `json:"role"`
	JoinedSeq    int64          `json:"joinedSeq"`         // the conversation's last seq when the member joined
	CreatedRev   int64          `json:"createdRev"`        // the rev of the latest joining
	Rev          int64          `json:"rev"`               // the rev of the latest change
	LeftRev      int64          `json:"leftRev,omitempty"` // the rev at which the member left, or 0
	OwnRev       int64          `json:"-"`                 // counts changes that only this member sees
	ReadSeq      int64          `json:"readSeq"`
	CreatedAt    time.Time      `json:"createdAt"`
}

// Left reports whether the member is a tombstone.
func (m Member) Left() bool { return m.LeftRev != 0 }

// Membership is one line of a user's list of conversations.
type Membership struct {
	Conversation ConversationID `json:"conversation"`
	Rev          int64          `json:"rev"`     // of the conversation
	LastSeq      int64          `json:"lastSeq"` // of the conversation
	OwnRev       int64          `json:"ownRev"`
	ReadSeq      int64          `json:"readSeq"`
	JoinedRev    int64          `json:"-"` // the rev of the latest joining
}
