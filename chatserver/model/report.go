package model

import (
	"encoding/json"
	"time"
)

// ReportID identifies a report within the project.
type ReportID int64

func (id ReportID) String() string { return formatID(int64(id)) }

// MarshalText writes the id as decimal digits, so that JSON carries a string.
func (id ReportID) MarshalText() ([]byte, error) { return appendID(int64(id)), nil }

// UnmarshalText reads decimal digits; anything else is an error.
func (id *ReportID) UnmarshalText(text []byte) error { return parseID(text, (*int64)(id)) }

// Report is a user's complaint about a message; one per user and message.
type Report struct {
	ID           ReportID        `json:"id"`
	Conversation ConversationID  `json:"conversation"`
	Message      MessageID       `json:"message"`
	Reporter     UserID          `json:"reporter"`
	Reason       string          `json:"reason,omitempty"`
	Properties   json.RawMessage `json:"properties"`
	CreatedAt    time.Time       `json:"createdAt"`
}
