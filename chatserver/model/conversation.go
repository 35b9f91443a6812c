package model

import (
	"encoding/json"
	"time"
)

// ConversationType decides who may join and how members change.
type ConversationType string

// The types of conversation.
const (
	Direct  ConversationType = "direct"  // a few fixed members, one conversation per set of members
	Group   ConversationType = "group"   // members are added and removed
	Public  ConversationType = "public"  // every user may find it and join
	Private ConversationType = "private" // members are invited
	Open    ConversationType = "open"    // every user may read and write, there are no members, and nothing is kept
	Ticket  ConversationType = "ticket"  // a user and the project's staff
)

// Valid reports whether the type is one of those above.
func (t ConversationType) Valid() bool {
	switch t {
	case Direct, Group, Public, Private, Open, Ticket:
		return true
	}
	return false
}

// MinDirectMembers is how many members a direct conversation has at least, its
// creator included. How many at most is a limit of the project.
const MinDirectMembers = 2

// ConversationStatus says whether a conversation takes messages.
type ConversationStatus string

// The states of a conversation.
const (
	ConversationActive   ConversationStatus = "active"
	ConversationArchived ConversationStatus = "archived" // it can be read, and takes no message
)

// Conversation is an ordered history of messages with its members.
//
// Seq numbers its messages 1, 2, 3 without holes. Rev numbers every durable
// change of the conversation, its members and its messages; rev 1 is its
// creation together with its first members.
type Conversation struct {
	ID           ConversationID     `json:"id"`
	ExternalID   string             `json:"externalId,omitempty"`
	Type         ConversationType   `json:"type"`
	Name         string             `json:"name,omitempty"`
	Avatar       string             `json:"avatar,omitempty"` // a URL
	Properties   json.RawMessage    `json:"properties"`       // a JSON object
	Status       ConversationStatus `json:"status"`
	Ephemeral    bool               `json:"ephemeral"`           // its messages are delivered and not kept
	SinceJoin    bool               `json:"sinceJoin"`           // members see no message from before they joined
	CreatedBy    UserID             `json:"createdBy,omitempty"` // 0 when a secret key made it for nobody
	FirstSeq     int64              `json:"firstSeq"`            // the oldest seq that is still kept
	LastSeq      int64              `json:"lastSeq"`             // 0 before the first message
	MessageCount int64              `json:"messageCount"`        // kept messages that are not deleted
	MemberCount  int64              `json:"memberCount"`
	Rev          int64              `json:"rev"`
	ObjectRev    int64              `json:"-"`       // the rev at which the conversation's own fields last changed
	Version      int64              `json:"version"` // counts the changes of the conversation's own fields
	CreatedAt    time.Time          `json:"createdAt"`
	UpdatedAt    time.Time          `json:"updatedAt"`  // when the conversation's own fields last changed
	ActivityAt   time.Time          `json:"activityAt"` // of the last message, or of the creation
	DeletedAt    *time.Time         `json:"deletedAt,omitempty"`
}

// Deleted reports whether the conversation is gone: what is left of it is
// erased in the background.
func (c Conversation) Deleted() bool { return c.DeletedAt != nil }

// ConversationView is a conversation as one user sees it in a list.
type ConversationView struct {
	Conversation
	Member      *Member  `json:"member,omitempty"`      // the user's own membership
	LastMessage *Message `json:"lastMessage,omitempty"` // the newest one that the user may see
	Unread      int64    `json:"unread"`                // at most MaxUnread
}

// MaxUnread is where counting unread messages ends.
const MaxUnread = 1000
