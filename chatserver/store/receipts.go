package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Receipts keeps how far members have come. A mark's move writes a bounded
// number of rows, whatever the size of the conversation.
type Receipts interface {
	// MarkRead moves the member's read mark forward to seq, at most to the last
	// one, and the delivered mark with it; OwnRev moves on. A mark that is there
	// already is left, with moved false. The time is the database's.
	MarkRead(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, moved bool, err error)
	// MarkUnread moves the read mark back, so that the message with this seq and
	// the later ones are unread. Moved is false when they were.
	MarkUnread(ctx context.Context, conversation model.ConversationID, user model.UserID, seq int64) (member model.Member, moved bool, err error)
	// MarkDelivered moves delivered marks forward, at most to the last seq, and
	// returns those that moved. Users who are no members are passed over, and so
	// are conversations of more than maxMembers members.
	MarkDelivered(ctx context.Context, marks []DeliveredMark, maxMembers int) ([]DeliveredMark, error)
	// ListReceipts lists the members, without the sender, whose mark is at or
	// above seq, by user id, with the time at which it came there, and how many
	// there are in all. A cursor's ID is the user.
	ListReceipts(ctx context.Context, conversation model.ConversationID, seq int64, kind ReceiptKind, page model.ListPage) (receipts []model.Receipt, total int64, err error)
	// Unread counts the user's unread messages in each of the conversations, up
	// to model.MaxUnread: without own, deleted, hidden and cleared ones and
	// those of blocked senders, and in a conversation that hides what was
	// before, without those from before the joining. Conversations without
	// any, and ones of which the user is no member, are absent.
	Unread(ctx context.Context, user model.UserID, conversations []model.ConversationID) (map[model.ConversationID]int64, error)
	// UnreadTotals counts over all conversations of a user that are neither
	// hidden nor muted: those with unread messages, and the messages, up to
	// model.MaxUnread for each conversation.
	UnreadTotals(ctx context.Context, user model.UserID, types []model.ConversationType) (conversations, messages int64, err error)
}

// ReceiptKind tells the two marks apart.
type ReceiptKind string

// The kinds of receipt.
const (
	ReadReceipt      ReceiptKind = "read"
	DeliveredReceipt ReceiptKind = "delivered"
)

// DeliveredMark says up to where messages reached a device of a user.
type DeliveredMark struct {
	Conversation model.ConversationID
	User         model.UserID
	Seq          int64
	// ReadSeq and At are set by MarkDelivered.
	ReadSeq int64
	At      time.Time
}
