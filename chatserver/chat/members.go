package chat

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

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
	err = c.change(ctx, principal, ref, func(change *change) error {
		if err := change.mayAdd(in.Role); err != nil {
			return err
		}
		user, err := change.User(ctx, in.User)
		if err != nil {
			return err
		}
		member, added, err = change.join(ctx, user.ID, in.Role, principal.User)
		return err
	})
	return member, added, err
}

func (c *change) mayAdd(role model.MemberRole) error {
	if c.Conversation().Type == model.Direct {
		return model.ErrDirectMembersFixed
	}
	if err := c.require(model.MemberAdd); err != nil {
		return err
	}
	if role.Rank() > c.rank() {
		return model.Forbidden("a member cannot be given the role %s by one who stands below it", role)
	}
	return nil
}

// join makes a user a member; one who is a member already is left as it is.
func (c *change) join(ctx context.Context, user model.UserID, role model.MemberRole, by model.UserID) (model.Member, bool, error) {
	present, err := c.Member(ctx, user)
	if !errors.Is(err, model.ErrMemberNotFound) {
		return present, false, err
	}
	ban, err := c.Ban(ctx, user)
	switch {
	case err == nil && !ban.Expired(c.Now()):
		return model.Member{}, false, model.ErrBanned
	case err != nil && !errors.Is(err, model.ErrBanNotFound):
		return model.Member{}, false, err
	}
	rev := c.Next()
	member, err := c.SaveMember(ctx, model.Member{
		Conversation: c.Conversation().ID, User: user, Role: role, InvitedBy: by,
		JoinedSeq: c.Conversation().LastSeq, CreatedRev: rev, Rev: rev, CreatedAt: c.Now(),
	})
	if err != nil {
		return model.Member{}, false, err
	}
	c.event(model.Event{Kind: model.MemberAdded, Member: &member})
	c.notice(envelope.Notice{Kind: envelope.Joined, User: user, Conversation: member.Conversation, Rev: rev})
	return member, true, nil
}

// RemoveMember ends a membership: one's own, or that of a lower role.
func (c *Chat) RemoveMember(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef) error {
	return c.change(ctx, principal, ref, func(change *change) error {
		if change.Conversation().Type == model.Direct {
			return model.ErrDirectMembersFixed
		}
		user, err := change.User(ctx, userRef)
		if err != nil {
			return err
		}
		member, err := change.Member(ctx, user.ID)
		if err != nil {
			return err
		}
		if err := change.mayRemove(member); err != nil {
			return err
		}
		return change.leave(ctx, member)
	})
}

func (c *change) mayRemove(member model.Member) error {
	if member.User == c.principal.User {
		return nil
	}
	if err := c.require(model.MemberRemove); err != nil {
		return err
	}
	if member.Role.Rank() >= c.rank() {
		return model.Forbidden("removing a member needs a higher role than the member has")
	}
	return nil
}

// leave makes a membership a tombstone.
func (c *change) leave(ctx context.Context, member model.Member) error {
	member.Rev = c.Next()
	member.LeftRev = member.Rev
	member, err := c.SaveMember(ctx, member)
	if err != nil {
		return err
	}
	c.event(model.Event{Kind: model.MemberRemoved, Member: &member})
	return nil
}
