package model

import (
	"time"
)

// SessionKind tells the two kinds of recorded session apart.
type SessionKind string

// The kinds of session.
const (
	UserSession SessionKind = "user" // a user's live connection
	ChatSession SessionKind = "chat" // a connection's time in one conversation
)

// Valid reports whether the kind is one of those above.
func (k SessionKind) Valid() bool { return k == UserSession || k == ChatSession }

// SessionRecord is one session in the past or present.
type SessionRecord struct {
	ID           string         `json:"id"`
	Kind         SessionKind    `json:"kind"`
	User         UserID         `json:"user"`
	Conversation ConversationID `json:"conversation,omitempty"` // of a chat session
	Parent       string         `json:"session,omitempty"`      // the user session of a chat session
	UserAgent    string         `json:"userAgent,omitempty"`
	StartedAt    time.Time      `json:"startedAt"`
	EndedAt      *time.Time     `json:"endedAt,omitempty"`
}

// RefreshToken is what the store keeps of a refresh token. All tokens that
// descend from one login form a family.
type RefreshToken struct {
	Hash      [32]byte // SHA-256 of the token
	Family    string
	User      UserID
	Epoch     int64 // the user's token epoch at the time of the login
	ExpiresAt time.Time
}
