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
	CreatedAt   time.Time       `json:"createdAt"`
	UpdatedAt   time.Time       `json:"updatedAt"`
}
