package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// rank orders the roles of members: who may act on whom.
func rank(role model.MemberRole) int {
	switch role {
	case model.RoleOwner:
		return 4
	case model.RoleAdmin:
		return 3
	case model.RoleModerator:
		return 2
	case model.RoleMember:
		return 1
	}
	return 0
}

// mayManageMembers is the lowest role that adds and removes others.
const mayManageMembers = model.RoleModerator

// standing finds the conversation and the acting user's place in it. To anyone
// but an admin, a conversation without a place in it does not exist.
func (c *Chat) standing(ctx context.Context, principal Principal, ref model.ConversationRef) (model.Conversation, model.MemberRole, error) {
	if principal.PublicKeyOnly() {
		return model.Conversation{}, "", needsUser(principal)
	}
	conversation, err := c.Store.Conversation(ctx, ref)
	if err != nil {
		return model.Conversation{}, "", translate(err)
	}
	if principal.Admin() {
		return conversation, model.RoleOwner, nil
	}
	member, err := c.Store.Member(ctx, conversation.ID, principal.User)
	if errors.Is(err, model.ErrMemberNotFound) {
		return model.Conversation{}, "", model.ErrConversationNotFound
	}
	return conversation, member.Role, translate(err)
}

// AddMember makes a user a member. Added is false when the user was one.
func (c *Chat) AddMember(ctx context.Context, principal Principal, ref model.ConversationRef, in NewMember) (member model.Member, added bool, err error) {
	var f fields
	f.role("role", in.Role)
	if err := f.err(); err != nil {
		return model.Member{}, false, err
	}
	if in.Role == "" {
		in.Role = model.RoleMember
	}
	conversation, role, err := c.standing(ctx, principal, ref)
	switch {
	case err != nil:
		return model.Member{}, false, err
	case conversation.Type == model.Direct:
		return model.Member{}, false, model.ErrDirectMembersFixed
	case rank(role) < rank(mayManageMembers) || rank(in.Role) > rank(role):
		return model.Member{}, false, model.Forbidden("adding a member with role %s needs the role %s or higher, and not below it", in.Role, mayManageMembers)
	}
	user, err := c.Store.User(ctx, in.User)
	if err != nil {
		return model.Member{}, false, translate(err)
	}
	member, added, err = c.Store.AddMember(ctx, conversation.ID, user.ID, in.Role)
	if err != nil {
		return model.Member{}, false, translate(err)
	}
	if added {
		c.publisher.publish(
			[]model.Event{{Kind: model.MemberAdded, ConversationID: conversation.ID, Rev: member.Rev, Member: &member}},
			[]envelope.Notice{{User: user.ID, Conversation: conversation.ID, Rev: member.Rev}})
	}
	return member, added, nil
}

// RemoveMember ends a membership: one's own, or that of a lower role.
func (c *Chat) RemoveMember(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef) error {
	conversation, role, err := c.standing(ctx, principal, ref)
	if err != nil {
		return err
	}
	if conversation.Type == model.Direct {
		return model.ErrDirectMembersFixed
	}
	ids, err := c.Store.UserIDs(ctx, []model.UserRef{userRef})
	if err != nil {
		return translate(err)
	}
	if !principal.Admin() && ids[0] != principal.User {
		if err := c.mayRemove(ctx, role, conversation.ID, ids[0]); err != nil {
			return err
		}
	}
	member, err := c.Store.RemoveMember(ctx, conversation.ID, ids[0])
	if err != nil {
		return translate(err)
	}
	c.publisher.publish([]model.Event{{
		Kind: model.MemberRemoved, ConversationID: conversation.ID, Rev: member.Rev, Member: &member,
	}}, nil)
	return nil
}

func (c *Chat) mayRemove(ctx context.Context, role model.MemberRole, conversation model.ConversationID, user model.UserID) error {
	other, err := c.Store.Member(ctx, conversation, user)
	if err != nil {
		return translate(err)
	}
	if rank(role) < rank(mayManageMembers) || rank(other.Role) >= rank(role) {
		return model.Forbidden("removing a member needs the role %s or higher, and a higher one than the member has", mayManageMembers)
	}
	return nil
}
