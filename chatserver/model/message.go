package model

import (
	"encoding/json"
	"time"
)

// MessageType says what a message is.
type MessageType string

// TextMessage is a message that a user wrote.
const TextMessage MessageType = "text"

// Message is one entry of a conversation's history. A deleted message stays as
// a tombstone: its seq, id and times, without content and properties.
type Message struct {
	ID           MessageID       `json:"id"`
	ExternalID   string          `json:"externalId,omitempty"`
	Conversation ConversationID  `json:"conversation"`
	Seq          int64           `json:"seq"`
	CreatedRev   int64           `json:"createdRev"`
	Rev          int64           `json:"rev"`
	ClientID     string          `json:"clientId"`
	Sender       UserID          `json:"sender"`
	Type         MessageType     `json:"type"`
	Content      json.RawMessage `json:"content,omitempty"`    // a JSON string or object; absent once deleted
	Properties   json.RawMessage `json:"properties,omitempty"` // a JSON object; absent once deleted
	CreatedAt    time.Time       `json:"createdAt"`
	EditedAt     *time.Time      `json:"editedAt,omitempty"`
	DeletedAt    *time.Time      `json:"deletedAt,omitempty"`
}

// Deleted reports whether the message is a tombstone.
func (m Message) Deleted() bool { return m.DeletedAt != nil }
