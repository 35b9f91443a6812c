package model

import (
	"encoding/json"
	"time"
)

// AuditEvent says who did what to whom. It holds ids and no personal data.
type AuditEvent struct {
	ID           int64           `json:"id,string"`
	Action       string          `json:"action"`          // such as user.deleted
	Key          string          `json:"key,omitempty"`   // id of the API key that asked
	Actor        UserID          `json:"actor,omitempty"` // the user who asked, or on whose behalf a key did
	User         UserID          `json:"user,omitempty"`  // whom it was done to
	Conversation ConversationID  `json:"conversation,omitempty"`
	Message      MessageID       `json:"message,omitempty"`
	Details      json.RawMessage `json:"details,omitempty"`
	CreatedAt    time.Time       `json:"createdAt"`
}
