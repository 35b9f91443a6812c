package model

import "time"

// Block says that one user wants nothing of another.
type Block struct {
	Blocker   UserID    `json:"blocker"`
	Blocked   UserID    `json:"blocked"`
	CreatedAt time.Time `json:"createdAt"`
}

// Ban keeps a user out of one conversation.
type Ban struct {
	Conversation ConversationID `json:"conversation"`
	User         UserID         `json:"user"`
	BannedBy     UserID         `json:"bannedBy,omitempty"` // 0 when a secret key did it
	Reason       string         `json:"reason,omitempty"`
	ExpiresAt    *time.Time     `json:"expiresAt,omitempty"`
	CreatedAt    time.Time      `json:"createdAt"`
}

// Expired reports whether the ban is over.
func (b Ban) Expired(now time.Time) bool { return b.ExpiresAt != nil && !now.Before(*b.ExpiresAt) }
