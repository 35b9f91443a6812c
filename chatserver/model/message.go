package model

import (
	"encoding/json"
	"time"
)

// MessageType says what a message is.
type MessageType string

// The types of message.
const (
	TextMessage       MessageType = "text"        // a user wrote it
	FileMessage       MessageType = "file"        // a user sent attachments, perhaps with a text
	SystemTextMessage MessageType = "system_text" // the project's own server wrote it
	SystemFileMessage MessageType = "system_file"
	ThreadMessage     MessageType = "thread" // the root of a thread that no message began; its content names it
)

// Valid reports whether the type is one of those above.
func (t MessageType) Valid() bool {
	switch t {
	case TextMessage, FileMessage, SystemTextMessage, SystemFileMessage, ThreadMessage:
		return true
	}
	return false
}

// System reports whether only a secret key may send such a message.
func (t MessageType) System() bool { return t == SystemTextMessage || t == SystemFileMessage }

// HasFiles reports whether such a message has attachments.
func (t MessageType) HasFiles() bool { return t == FileMessage || t == SystemFileMessage }

// Message is one entry of a conversation's history. A deleted message stays as
// a tombstone: its seq, id and times, without content and properties.
//
// A message of an ephemeral conversation has neither id nor seq nor revs: they are
// 0, and absent from its JSON.
type Message struct {
	ID           MessageID        `json:"id,omitempty"`
	ExternalID   string           `json:"externalId,omitempty"`
	Conversation ConversationID   `json:"conversation"`
	Seq          int64            `json:"seq,omitempty"`
	CreatedRev   int64            `json:"createdRev,omitempty"`
	Rev          int64            `json:"rev,omitempty"`
	ClientID     string           `json:"clientId"`
	Sender       UserID           `json:"sender,omitempty"` // 0 for a system message that nobody sent
	Author       *Author          `json:"author,omitempty"`
	Type         MessageType      `json:"type"`
	Content      json.RawMessage  `json:"content,omitempty"`    // a JSON string or object; absent once deleted
	Properties   json.RawMessage  `json:"properties,omitempty"` // a JSON object; absent once deleted
	Attachments  []Attachment     `json:"attachments,omitempty"`
	Mentions     []Mention        `json:"mentions,omitempty"`
	Links        []Link           `json:"links,omitempty"` // found in the text
	GroupTag     string           `json:"groupTag,omitempty"`
	Parent       MessageID        `json:"parent,omitempty"`     // the message that this one replies to
	Thread       MessageID        `json:"thread,omitempty"`     // the root of the replies that this one belongs to
	ReplyCount   int64            `json:"replyCount,omitempty"` // messages that name this one as parent or thread
	Reactions    map[string]int64 `json:"reactions,omitempty"`  // how many users reacted with each emoji
	CreatedAt    time.Time        `json:"createdAt"`
	EditedAt     *time.Time       `json:"editedAt,omitempty"`
	EditedBy     UserID           `json:"editedBy,omitempty"`
	DeletedAt    *time.Time       `json:"deletedAt,omitempty"`
	DeletedBy    UserID           `json:"deletedBy,omitempty"`
}

// Deleted reports whether the message is a tombstone.
func (m Message) Deleted() bool { return m.DeletedAt != nil }

// Tombstone returns what is left of the message once it is deleted.
func (m Message) Tombstone(at time.Time, by UserID) Message {
	return Message{
		ID: m.ID, ExternalID: m.ExternalID, Conversation: m.Conversation, Seq: m.Seq,
		CreatedRev: m.CreatedRev, Rev: m.Rev, ClientID: m.ClientID, Sender: m.Sender, Author: m.Author, Type: m.Type,
		Parent: m.Parent, Thread: m.Thread, ReplyCount: m.ReplyCount,
		CreatedAt: m.CreatedAt, EditedAt: m.EditedAt, EditedBy: m.EditedBy, DeletedAt: &at, DeletedBy: by,
	}
}

// Attachment is a file that a message refers to.
type Attachment struct {
	URL         string          `json:"url"`
	Name        string          `json:"name,omitempty"`
	ContentType string          `json:"contentType,omitempty"`
	Size        int64           `json:"size,omitempty"` // bytes
	Properties  json.RawMessage `json:"properties,omitempty"`
}

// Mention points from a message to a user or a conversation. Exactly one of
// both is set. Start and End are positions in the text, in UTF-16 code units as
// browsers count; both are 0 when the text does not show the mention.
type Mention struct {
	User         UserID         `json:"user,omitempty"`
	Conversation ConversationID `json:"conversation,omitempty"`
	Start        int            `json:"start,omitempty"`
	End          int            `json:"end,omitempty"`
}

// Link is a URL that stands in the text of a message; positions as in Mention.
type Link struct {
	URL   string `json:"url"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Reaction is one user's emoji on a message.
type Reaction struct {
	Conversation ConversationID `json:"conversation"`
	Message      MessageID      `json:"message"`
	User         UserID         `json:"user"`
	Emoji        string         `json:"emoji"`
	CreatedAt    time.Time      `json:"createdAt"`
}
