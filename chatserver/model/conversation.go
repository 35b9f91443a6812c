package model

import (
	"encoding/json"
	"time"
)

// ConversationType decides who may join and how members change.
type ConversationType string

// The types of conversation.
const (
	Direct ConversationType = "direct" // 2 to 10 fixed members, one conversation per set of members
	Group  ConversationType = "group"  // members are added and removed
)

// MinDirectMembers is how many members a direct conversation has at least, its
// creator included. How many at most is a limit of the project.
const MinDirectMembers = 2

// Conversation is an ordered history of messages with its members.
//
// Seq numbers its messages 1, 2, 3 without holes. Rev numbers every durable
// change of the conversation, its members and its messages; rev 1 is its
// creation together with its first members.
type Conversation struct {
	ID         ConversationID   `json:"id"`
	ExternalID string           `json:"externalId,omitempty"`
	Type       ConversationType `json:"type"`
	Name       string           `json:"name,omitempty"`
	Properties json.RawMessage  `json:"properties"` // a JSON object
	CreatedBy  UserID           `json:"createdBy"`
	FirstSeq   int64            `json:"firstSeq"` // the oldest seq that is still kept
	LastSeq    int64            `json:"lastSeq"`  // 0 before the first message
	Rev        int64            `json:"rev"`
	ObjectRev  int64            `json:"-"` // the rev at which the conversation's own fields last changed
	CreatedAt  time.Time        `json:"createdAt"`
	UpdatedAt  time.Time        `json:"updatedAt"` // when the conversation's own fields last changed
}
