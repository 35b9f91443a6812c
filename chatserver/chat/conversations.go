package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// MaxIncludedMembers is how many members come along with a conversation.
const MaxIncludedMembers = 100

// Conversation finds a conversation that the principal may see.
func (c *Chat) Conversation(ctx context.Context, principal Principal, ref model.ConversationRef) (model.Conversation, error) {
	found, err := c.standing(ctx, principal, ref)
	return found.conversation, err
}

// ConversationView finds a conversation as the principal sees it: with its own
// membership, the newest message that it may read, and how many are unread.
func (c *Chat) ConversationView(ctx context.Context, principal Principal, ref model.ConversationRef) (model.ConversationView, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return model.ConversationView{}, err
	}
	view := model.ConversationView{Conversation: found.conversation, Member: found.member}
	if !found.reads() {
		return view, nil
	}
	filter := store.MessageFilter{Viewer: principal.User, Floor: found.floor(), Live: true}
	last, err := c.Store.Messages(ctx, view.ID, filter, model.MessagePage{Limit: 1})
	if err != nil {
		return view, translate(err)
	}
	if len(last) > 0 {
		view.LastMessage = &last[0]
	}
	if found.member == nil {
		return view, nil
	}
	unread, err := c.Store.Unread(ctx, principal.User, []model.ConversationID{view.ID})
	view.Unread = unread[view.ID]
	return view, translate(err)
}

// needsUser tells a caller without a user how to name one.
func needsUser(principal Principal) error {
	if principal.Admin() {
		return model.Invalid("X-Parley-User", "is missing: name the user on whose behalf the secret key acts")
	}
	return model.Forbidden("this needs a user token; a public key alone may not do it")
}
