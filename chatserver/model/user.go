package model

import (
	"encoding/json"
	"time"
)

// User is a person or a program that takes part in conversations.
type User struct {
	ID          UserID          `json:"id"`
	ExternalID  string          `json:"externalId,omitempty"`
	Username    string          `json:"username,omitempty"`
	DisplayName string          `json:"displayName,omitempty"`
	Email       string          `json:"email,omitempty"`
	Avatar      string          `json:"avatar,omitempty"`
	Properties  json.RawMessage `json:"properties"` // a JSON object
	Guest       bool            `json:"guest"`
	TokenEpoch  int64           `json:"-"` // tokens of an older epoch are revoked
	// TokensRevokedAt is when the tokens of the user were last revoked, or nil.
	// Tokens of other issuers have no epoch: those issued before count no more.
	TokensRevokedAt *time.Time `json:"-"`
	CreatedAt       time.Time  `json:"createdAt"`
	UpdatedAt       time.Time  `json:"updatedAt"`
}
