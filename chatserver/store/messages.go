package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Messages keeps the history of conversations.
type Messages interface {
	// Append stores a group of messages in one transaction. Messages of one
	// conversation get consecutive seqs and revs in the group's order. The
	// outcomes are in the group's order; see AppendOutcome. An error means that
	// the transaction failed as a whole or that its fate is unknown: the same
	// group may be appended again, because (conversation, sender, clientId)
	// stores a message at most once.
	Append(ctx context.Context, group []NewMessage) ([]AppendOutcome, error)
	// Message finds one message of a conversation, tombstones included. Its
	// Author is set unless the sender is erased.
	Message(ctx context.Context, conversation model.ConversationID, ref model.MessageRef) (model.Message, error)
	// FindMessage finds a message wherever it is, deleted conversations
	// excluded.
	FindMessage(ctx context.Context, ref model.MessageRef) (model.Message, error)
	// Messages reads a part of the history, by ascending seq, with authors.
	// Tombstones are part of it unless the page has an Offset or the filter
	// says otherwise.
	Messages(ctx context.Context, conversation model.ConversationID, filter MessageFilter, page model.MessagePage) ([]model.Message, error)
	// CountMessages counts what Messages would read without a page, tombstones
	// excluded.
	CountMessages(ctx context.Context, conversation model.ConversationID, filter MessageFilter) (int64, error)
	// HideMessage hides a message from one member: OwnRev moves on when it was
	// not hidden before. One who is no member gives model.ErrMemberNotFound, a
	// seq that no message has model.ErrMessageNotFound.
	HideMessage(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, hidden bool, err error)
	// ListReactions reads a part of a message's reactions, the oldest first, and
	// how many there are in all. No two reactions of a message have the same
	// CreatedAt. A cursor's Key is CreatedAt, its ID the user. An empty emoji
	// stands for all.
	ListReactions(ctx context.Context, conversation model.ConversationID, seq int64, emoji string, page model.ListPage) (reactions []model.Reaction, total int64, err error)
}

// NewMessage is a message to be appended.
type NewMessage struct {
	Conversation model.ConversationID
	Sender       model.UserID // 0: of the project itself, which needs no membership
	ClientID     string
	ExternalID   string
	Type         model.MessageType
	Content      json.RawMessage // a JSON string or object
	Properties   json.RawMessage // a JSON object
	Attachments  []model.Attachment
	Mentions     []model.Mention
	Links        []model.Link
	GroupTag     string
	Parent       model.MessageID // the message that this one replies to, or 0
	Hash         [32]byte        // of the original request: tells "the same" from "other content"
}

// AppendOutcome is what became of one message of a group: exactly one of
// Message and Err is meaningful.
//
// A clientId that was used before with the same Hash, in the store or earlier
// in the group, gives the first message with Duplicate set; with another Hash
// it gives model.ErrClientIDReused. A sender who is no member now gives
// model.ErrMemberNotFound, an unknown conversation
// model.ErrConversationNotFound, a taken externalId model.ErrMessageExists. A
// sender to whom message.send is denied, as a user or as a member, gives an
// error with the code permission_denied; an archived conversation
// model.ErrArchived, an ephemeral one model.ErrEphemeral; a block between the
// sender and another member of a direct conversation model.ErrBlocked; a parent
// that is not in the conversation, or is a tombstone, model.ErrParentNotFound.
//
// A reply carries as Thread its parent's thread, or the parent itself; the
// ReplyCount of parent and thread grows with it, at the reply's rev.
type AppendOutcome struct {
	Message   model.Message
	Duplicate bool
	Err       error
}

// MessageFilter selects messages; the zero value selects all.
type MessageFilter struct {
	// Viewer is the user who reads: what the user has hidden, and messages of
	// senders whom the user blocks, are left out. In a direct conversation
	// blocks hide nothing.
	Viewer model.UserID
	// Floor is the last seq that is left out.
	Floor     int64
	Thread    model.MessageID // the messages of this thread, its root left out
	Parent    model.MessageID // the replies to this message
	NoReplies bool            // messages outside of threads, roots included
	Threads   bool            // messages that have replies or are of type thread
	Types     []model.MessageType
	Sender    model.UserID
	GroupTag  string
	Mentions  model.UserID // messages that mention this user
	Since     time.Time
	Until     time.Time // exclusive
	Live      bool      // tombstones left out
}
