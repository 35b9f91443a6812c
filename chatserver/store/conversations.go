package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Conversations keeps the conversations of the project.
type Conversations interface {
	// CreateConversation stores a conversation with its members at rev 1, and
	// its first messages, if any, at the revs behind. For a direct conversation
	// whose set of members has one already, that one is returned with created
	// false and nothing changes. A taken externalId gives
	// model.ErrConversationExists.
	CreateConversation(ctx context.Context, conversation NewConversation) (Creation, error)
	// Conversation finds one conversation.
	Conversation(ctx context.Context, ref model.ConversationRef) (model.Conversation, error)
	// Standing reads a conversation together with a user's place in it, in one
	// snapshot. User 0 stands for nobody: Member and User stay nil. An unknown
	// user gives model.ErrUserNotFound.
	Standing(ctx context.Context, ref model.ConversationRef, user model.UserID) (Standing, error)
	// ListConversations reads a part of the conversations, the latest activity
	// first, and how many there are in all. A cursor's Key is ActivityAt, its
	// ID the conversation.
	ListConversations(ctx context.Context, filter ConversationFilter, page model.ListPage) (views []model.ConversationView, total int64, err error)
	// ChangeConversation runs a transaction that holds the conversation's lock.
	// The error of the change function undoes everything and is returned. The
	// function may run again after a failure that may pass, so it must change
	// nothing else; it must not keep the Change.
	ChangeConversation(ctx context.Context, conversation model.ConversationID, change func(Change) error) error
}

// NewConversation is a conversation to be stored. Members are distinct, and the
// creator is one of them, but an open conversation has none.
type NewConversation struct {
	ExternalID string
	Type       model.ConversationType
	Name       string
	Avatar     string
	Properties json.RawMessage // a JSON object
	Ephemeral  bool
	SinceJoin  bool
	CreatedBy  model.UserID // 0 when a secret key made it for nobody
	Members    []NewMember
	// FirstMessages are stored with the conversation. Their Conversation is not
	// looked at.
	FirstMessages []NewMessage
}

// NewMember is one first member of a conversation.
type NewMember struct {
	User model.UserID
	Role model.MemberRole
}

// Creation is what CreateConversation made or found.
type Creation struct {
	Conversation model.Conversation
	Members      []model.Member
	Messages     []model.Message // none unless Created
	Created      bool
}

// Standing is a user's place in a conversation.
type Standing struct {
	Conversation model.Conversation
	Member       *model.Member // nil for one who is no member
	User         *model.User
	Ban          *model.Ban // nil for one who is not banned, or whose ban is over
}

// ConversationFilter selects conversations; the zero value selects all.
type ConversationFilter struct {
	// Viewer is the user for whom views are made: Member, LastMessage and
	// Unread are the viewer's. With 0, Member is nil, Unread 0 and LastMessage
	// the newest one that is not deleted.
	Viewer model.UserID
	// MemberOf selects the conversations of this user.
	MemberOf model.UserID
	// JoinableBy selects the public conversations that this user may join: no
	// member, not banned. Open conversations are among them.
	JoinableBy    model.UserID
	Types         []model.ConversationType
	Status        model.ConversationStatus
	Search        string         // how the name begins, without regard to case
	Name          string         // exactly this one
	WithMembers   []model.UserID // all of these are members
	OnlyMembers   bool           // and nobody else is
	Unread        *bool          // the viewer has, or has not, unread messages
	Hidden        *bool          // the viewer has hidden it, or not
	Empty         *bool          // it never had a message, or had
	ActivitySince time.Time
	ActivityUntil time.Time // exclusive
	CreatedBy     model.UserID
}
