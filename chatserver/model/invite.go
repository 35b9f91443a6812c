package model

import "time"

// InviteID identifies an invite within the project.
type InviteID int64

func (id InviteID) String() string { return formatID(int64(id)) }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id InviteID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *InviteID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

// InviteStatus is what became of an invite.
type InviteStatus string

// The states of an invite. Only a pending one can change.
const (
	InvitePending  InviteStatus = "pending"
	InviteAccepted InviteStatus = "accepted"
	InviteDeclined InviteStatus = "declined"
	InviteRevoked  InviteStatus = "revoked"
)

// Invite asks a user into a conversation.
type Invite struct {
	ID           InviteID       `json:"id"`
	Conversation ConversationID `json:"conversation"`
	User         UserID         `json:"user"`
	InvitedBy    UserID         `json:"invitedBy,omitempty"` // 0 when a secret key did it
	Role         MemberRole     `json:"role"`
	Status       InviteStatus   `json:"status"`
	CreatedAt    time.Time      `json:"createdAt"`
	UpdatedAt    time.Time      `json:"updatedAt"`
}
