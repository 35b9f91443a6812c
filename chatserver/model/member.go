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
	CreatedAt    time.Time      `json:"createdAt"`
	InvitedBy    UserID         `json:"invitedBy,omitempty"` // who added or invited the member, or 0
	Permissions  Permissions    `json:"permissions,omitempty"`

	ReadSeq      int64      `json:"readSeq"`
	ReadAt       *time.Time `json:"readAt,omitempty"`
	DeliveredSeq int64      `json:"deliveredSeq"` // never below readSeq

	// What only the member sees: it counts OwnRev up.
	OwnRev     int64 `json:"-"`
	Muted      bool  `json:"-"`
	Hidden     bool  `json:"-"` // left out of the member's list until the next message
	ClearedSeq int64 `json:"-"` // messages up to here are hidden from the member
}

// Left reports whether the member is a tombstone.
func (m Member) Left() bool { return m.LeftRev != 0 }

// Rank orders the roles: who may act on whom.
func (r MemberRole) Rank() int {
	switch r {
	case RoleOwner:
		return 5
	case RoleAdmin:
		return 4
	case RoleModerator:
		return 3
	case RoleMember:
		return 2
	case RoleGuest:
		return 1
	}
	return 0
}

// Floor is the last seq that the member does not see: what was there before it
// joined, if the conversation hides that, and what the member has cleared.
func (m Member) Floor(conversation Conversation) int64 {
	return max(m.JoinFloor(conversation.SinceJoin), m.ClearedSeq)
}

// JoinFloor is the last seq from before the latest joining, if the conversation
// hides that, else 0. What the member has cleared is its own business; this is
// what it must not be told.
func (m Member) JoinFloor(sinceJoin bool) int64 {
	if sinceJoin {
		return m.JoinedSeq
	}
	return 0
}

// Membership is one line of a user's list of conversations.
type Membership struct {
	Conversation ConversationID   `json:"conversation"`
	Type         ConversationType `json:"type"`
	Rev          int64            `json:"rev"`     // of the conversation
	LastSeq      int64            `json:"lastSeq"` // of the conversation
	OwnRev       int64            `json:"ownRev"`
	ReadSeq      int64            `json:"readSeq"`
	Muted        bool             `json:"muted"`
	Hidden       bool             `json:"hidden"`
	ClearedSeq   int64            `json:"clearedSeq"`
	JoinedRev    int64            `json:"-"` // the rev of the latest joining
	JoinFloor    int64            `json:"-"` // see Member.JoinFloor
	MemberCount  int64            `json:"-"` // of the conversation
}
