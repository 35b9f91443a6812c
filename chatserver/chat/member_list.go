package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// ListMembers selects members of a conversation; the zero value selects all.
type ListMembers struct {
	Roles  []model.MemberRole
	Users  []model.UserRef // among these
	Search string          // how the display name or the username begins, without regard to case
}

func (in ListMembers) check(limits config.Limits) error {
	f := fields{limits: limits}
	for _, role := range in.Roles {
		f.role("role", role)
	}
	f.name("search", in.Search)
	if len(in.Users) > limits.MembersPerRequest {
		f.add(model.Invalid("user", "must not name more than %d users", limits.MembersPerRequest))
	}
	return f.err()
}

// Members reads a part of a conversation's members by ascending user id, and how
// many there are in all. Members may, and who has admin.view.
func (c *Chat) Members(ctx context.Context, principal Principal, ref model.ConversationRef, in ListMembers, page model.ListPage) ([]model.Member, int64, error) {
	if err := errors.Join(in.check(c.Limits), c.CheckPage(page)); err != nil {
		return nil, 0, model.AsError(err)
	}
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return nil, 0, err
	}
	if err := found.knowsMembers(); err != nil {
		return nil, 0, err
	}
	users, err := c.userIDs(ctx, "user", in.Users)
	if err != nil {
		return nil, 0, err
	}
	filter := store.MemberFilter{Roles: in.Roles, Users: users, Search: in.Search}
	members, total, err := c.Store.ListMembers(ctx, found.conversation.ID, filter, page)
	return members, total, translate(err)
}

// Member finds one member.
func (c *Chat) Member(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef) (model.Member, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return model.Member{}, err
	}
	if err := found.knowsMembers(); err != nil {
		return model.Member{}, err
	}
	user, err := c.Store.User(ctx, userRef)
	if err != nil {
		return model.Member{}, translate(err)
	}
	member, err := c.Store.Member(ctx, found.conversation.ID, user.ID)
	return member, translate(err)
}
