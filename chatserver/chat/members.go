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
	// Who may not see the conversation learns nothing of its users either.
	if _, err := c.standing(ctx, principal, ref); err != nil {
		return model.Member{}, false, err
	}
	user, err := c.Store.User(ctx, in.User)
	if err != nil {
		return model.Member{}, false, translate(err)
	}
	full, err := c.hasTooMany(ctx, user.ID)
	if err != nil {
		return model.Member{}, false, err
	}
	err = c.change(ctx, principal, ref, func(change *change) error {
		if err := change.mayAdd(in.Role); err != nil {
			return err
		}
		member, added, err = change.join(ctx, joining{user: user.ID, role: in.Role, by: principal.User, full: full})
		return err
	})
	return member, added, err
}

// mayAdd gives the error for one who may not bring others into the conversation
// with the role.
func (c *change) mayAdd(role model.MemberRole) error {
	rank := c.rank()
	switch c.Conversation().Type {
	case model.Direct:
		return model.ErrDirectMembersFixed
	case model.Open:
		return model.ErrOpenConversation
	case model.Ticket:
		if !c.principal.Admin() && !assignsTickets(c.user) {
			return model.Forbidden("only staff adds members to a ticket")
		}
		rank = max(rank, model.RoleModerator.Rank())
	default:
		if err := c.require(model.MemberAdd); err != nil {
			return err
		}
	}
	if role.Rank() > rank {
		return model.Forbidden("a member cannot be given the role %s by one who stands below it", role)
	}
	return nil
}

// joining is a user on the way to becoming a member.
type joining struct {
	user model.UserID
	role model.MemberRole
	by   model.UserID // who added or invited the user, or 0
	full bool         // the user is a member of as many conversations as it may be
}

// join makes a user a member; one who is a member already is left as it is.
func (c *change) join(ctx context.Context, in joining) (model.Member, bool, error) {
	present, err := c.Member(ctx, in.user)
	if !errors.Is(err, model.ErrMemberNotFound) {
		return present, false, err
	}
	if err := c.notBanned(ctx, in.user); err != nil {
		return model.Member{}, false, err
	}
	switch {
	case c.Conversation().MemberCount >= int64(c.limits.MembersPerConversation):
		return model.Member{}, false, model.ErrConversationFull
	case in.full:
		return model.Member{}, false, model.ErrTooManyConversations
	}
	rev := c.Next()
	member, err := c.SaveMember(ctx, model.Member{
		Conversation: c.Conversation().ID, User: in.user, Role: in.role, InvitedBy: in.by,
		JoinedSeq: c.Conversation().LastSeq, CreatedRev: rev, Rev: rev, CreatedAt: c.Now(),
	})
	if err != nil {
		return model.Member{}, false, err
	}
	c.event(model.Event{Kind: model.MemberAdded, Member: &member})
	c.noticeJoined(member)
	return member, true, nil
}

// noticeJoined lets the sessions of a member follow the conversation from its
// latest change on.
func (c *change) noticeJoined(member model.Member) {
	c.notice(envelope.Notice{
		Kind: envelope.Joined, User: member.User, Conversation: member.Conversation, Rev: member.Rev,
		Floor: member.JoinFloor(c.Conversation().SinceJoin),
	})
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

// leave makes a membership a tombstone. When the last owner leaves, whoever
// stands highest becomes the owner, so that the conversation is nobody's only
// when nobody is left.
func (c *change) leave(ctx context.Context, member model.Member) error {
	wasOwner := member.Role == model.RoleOwner
	member.Rev = c.Next()
	member.LeftRev = member.Rev
	member, err := c.SaveMember(ctx, member)
	if err != nil {
		return err
	}
	c.event(model.Event{Kind: model.MemberRemoved, Member: &member})
	if !wasOwner {
		return nil
	}
	successor, err := c.Successor(ctx, member.User)
	if errors.Is(err, model.ErrMemberNotFound) || (err == nil && successor.Role == model.RoleOwner) {
		return nil
	}
	if err != nil {
		return err
	}
	successor.Role = model.RoleOwner
	_, err = c.saveUpdated(ctx, successor)
	return err
}

// saveUpdated stores what changed of a membership that stays.
func (c *change) saveUpdated(ctx context.Context, member model.Member) (model.Member, error) {
	member.Rev = c.Next()
	member, err := c.SaveMember(ctx, member)
	if err != nil {
		return model.Member{}, err
	}
	c.event(model.Event{Kind: model.MemberUpdated, Member: &member})
	return member, nil
}
