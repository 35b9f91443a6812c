package chat

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// UnreadTotals counts over the conversations of a user that are neither hidden
// nor muted.
type UnreadTotals struct {
	Conversations int64 `json:"conversations"` // with unread messages
	Messages      int64 `json:"messages"`      // at most model.MaxUnread of each conversation
}

// UnreadTotals counts a user's unread messages, in conversations of the types;
// without types in all of them.
func (c *Chat) UnreadTotals(ctx context.Context, principal Principal, types []model.ConversationType) (UnreadTotals, error) {
	var f fields
	for i, each := range types {
		if !each.Valid() {
			f.add(model.Invalid(fmt.Sprintf("type.%d", i), "must be direct, group, public, private, open or ticket"))
		}
	}
	if err := f.err(); err != nil {
		return UnreadTotals{}, err
	}
	if principal.User == 0 {
		return UnreadTotals{}, needsUser(principal)
	}
	conversations, messages, err := c.Store.UnreadTotals(ctx, principal.User, types)
	return UnreadTotals{Conversations: conversations, Messages: messages}, translate(err)
}

// Unread is how many messages of a conversation a member has not read.
type Unread struct {
	Count     int64 `json:"count"` // at most model.MaxUnread
	Capped    bool  `json:"capped"`
	HasUnread bool  `json:"hasUnread"`
}

func unreadOf(count int64) Unread {
	return Unread{Count: count, Capped: count >= model.MaxUnread, HasUnread: count > 0}
}

// MemberUnread is how many messages one side of a direct conversation has not
// read.
type MemberUnread struct {
	User model.UserID `json:"user"`
	Unread
}

// Unread counts the member's unread messages in a conversation.
func (c *Chat) Unread(ctx context.Context, principal Principal, ref model.ConversationRef) (Unread, error) {
	found, err := c.unreadStanding(ctx, principal, ref)
	if err != nil {
		return Unread{}, err
	}
	return c.unread(ctx, found, principal.User)
}

// UnreadOfAll counts what each member of a direct conversation has not read; its
// members may know of each other.
func (c *Chat) UnreadOfAll(ctx context.Context, principal Principal, ref model.ConversationRef) ([]MemberUnread, error) {
	found, err := c.unreadStanding(ctx, principal, ref)
	if err != nil {
		return nil, err
	}
	if found.conversation.Type != model.Direct {
		return nil, model.Invalid("all", "is for direct conversations; read the receipts of others")
	}
	members, _, err := c.Store.ListMembers(ctx, found.conversation.ID, store.MemberFilter{}, model.ListPage{Limit: c.Limits.DirectMembers})
	if err != nil {
		return nil, translate(err)
	}
	all := make([]MemberUnread, len(members))
	for i, member := range members {
		unread, err := c.unread(ctx, found, member.User)
		if err != nil {
			return nil, err
		}
		all[i] = MemberUnread{User: member.User, Unread: unread}
	}
	return all, nil
}

func (c *Chat) unreadStanding(ctx context.Context, principal Principal, ref model.ConversationRef) (standing, error) {
	found, err := c.keptStanding(ctx, principal, ref)
	if err != nil {
		return standing{}, err
	}
	return found, found.readable()
}

func (c *Chat) unread(ctx context.Context, found standing, user model.UserID) (Unread, error) {
	id := found.conversation.ID
	counts, err := c.Store.Unread(ctx, user, []model.ConversationID{id})
	if err != nil {
		return Unread{}, translate(err)
	}
	return unreadOf(counts[id]), nil
}
