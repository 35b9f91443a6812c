package model

import (
	"encoding/json"
	"time"
)

// UserRole is a user's standing in the whole project.
type UserRole string

// The roles of a user, the highest first.
const (
	UserSuperadmin UserRole = "superadmin"
	UserAdmin      UserRole = "admin"
	UserModerator  UserRole = "moderator"
	UserStaff      UserRole = "staff"
	UserPlain      UserRole = "user"
)

// Valid reports whether the role is one of those above.
func (r UserRole) Valid() bool {
	switch r {
	case UserSuperadmin, UserAdmin, UserModerator, UserStaff, UserPlain:
		return true
	}
	return false
}

// Rank orders the roles: who may act on whom.
func (r UserRole) Rank() int {
	switch r {
	case UserSuperadmin:
		return 5
	case UserAdmin:
		return 4
	case UserModerator:
		return 3
	case UserStaff:
		return 2
	case UserPlain:
		return 1
	}
	return 0
}

// AccountStatus says whether a user may use the project at all. It has nothing
// to do with presence.
type AccountStatus string

// The states of an account.
const (
	AccountActive    AccountStatus = "active"
	AccountSuspended AccountStatus = "suspended" // every token is refused
)

// Valid reports whether the status is one of those above.
func (s AccountStatus) Valid() bool { return s == AccountActive || s == AccountSuspended }

// User is a person or a program that takes part in conversations.
type User struct {
	ID            UserID          `json:"id"`
	ExternalID    string          `json:"externalId,omitempty"`
	Username      string          `json:"username,omitempty"`
	DisplayName   string          `json:"displayName,omitempty"`
	Email         string          `json:"email,omitempty"`
	Avatar        string          `json:"avatar,omitempty"` // a URL
	Properties    json.RawMessage `json:"properties"`       // a JSON object
	Role          UserRole        `json:"role"`
	Permissions   Permissions     `json:"permissions,omitempty"` // overrides of what the role allows
	AccountStatus AccountStatus   `json:"accountStatus"`
	Guest         bool            `json:"guest"`
	Version       int64           `json:"version"` // counts the changes of the fields above
	LastActiveAt  *time.Time      `json:"lastActiveAt,omitempty"`
	CreatedAt     time.Time       `json:"createdAt"`
	UpdatedAt     time.Time       `json:"updatedAt"`

	TokenEpoch int64 `json:"-"` // tokens of an older epoch are revoked
	// TokensRevokedAt is when the tokens of the user were last revoked, or nil.
	// Tokens of other issuers have no epoch: those issued before count no more.
	TokensRevokedAt *time.Time `json:"-"`
}

// Author is the little of a user that goes along with what the user wrote.
type Author struct {
	Username    string `json:"username,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	Avatar      string `json:"avatar,omitempty"`
}

// Author returns what goes along with the user's messages.
func (u User) Author() Author {
	return Author{Username: u.Username, DisplayName: u.DisplayName, Avatar: u.Avatar}
}
