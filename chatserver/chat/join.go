package chat

import (
	"context"

	"github.com/parley-chat/parley/chatserver/model"
)

// Join makes the acting user a member of a public conversation. Joined is false
// when it was one.
func (c *Chat) Join(ctx context.Context, principal Principal, ref model.ConversationRef) (member model.Member, joined bool, err error) {
	if principal.User == 0 {
		return model.Member{}, false, needsUser(principal)
	}
	full, err := c.hasTooMany(ctx, principal.User)
	if err != nil {
		return model.Member{}, false, err
	}
	err = c.change(ctx, principal, ref, func(change *change) error {
		if change.member != nil {
			member = *change.member
			return nil
		}
		switch change.Conversation().Type {
		case model.Public:
		case model.Open:
			return model.ErrOpenConversation
		default:
			return model.Forbidden("only public conversations are joined; ask a member to add or invite you")
		}
		member, joined, err = change.join(ctx, joining{user: principal.User, role: model.RoleMember, full: full})
		return err
	})
	return member, joined, err
}

// Leave ends the acting user's membership.
func (c *Chat) Leave(ctx context.Context, principal Principal, ref model.ConversationRef) error {
	if principal.User == 0 {
		return needsUser(principal)
	}
	return c.RemoveMember(ctx, principal, ref, model.UserRef{ID: principal.User})
}
