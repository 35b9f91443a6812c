package chat

import (
	"context"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// BanUser is the input of Chat.Ban.
type BanUser struct {
	Reason    string
	ExpiresAt *time.Time // nil: never
}

// Ban keeps a user out of a conversation, and ends its membership. Moderators
// and those above may, for whom stands below them. A ban that is there is
// replaced, with created false.
func (c *Chat) Ban(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef, in BanUser) (ban model.Ban, created bool, err error) {
	f := fields{limits: c.Limits}
	f.text("reason", in.Reason, MaxReasonLength)
	if err := f.err(); err != nil {
		return model.Ban{}, false, err
	}
	err = c.change(ctx, principal, ref, func(change *change) error {
		if change.Conversation().Type == model.Direct {
			return model.ErrDirectMembersFixed
		}
		if err := change.requireRank(model.RoleModerator); err != nil {
			return err
		}
		if in.ExpiresAt != nil && !in.ExpiresAt.After(change.Now()) {
			return model.Invalid("expiresAt", "must be in the future")
		}
		user, err := change.User(ctx, userRef)
		if err != nil {
			return err
		}
		if err := change.expel(ctx, user); err != nil {
			return err
		}
		ban = model.Ban{
			Conversation: change.Conversation().ID, User: user.ID, BannedBy: principal.User,
			Reason: in.Reason, ExpiresAt: microseconds(in.ExpiresAt), CreatedAt: change.Now(),
		}
		banned := change.notBanned(ctx, user.ID)
		if created = banned == nil; !created && !errors.Is(banned, model.ErrBanned) {
			return banned
		}
		return change.SaveBan(ctx, ban)
	})
	return ban, created, err
}

// expel ends the membership of one who stands below the principal. One who is
// no member may follow an open conversation all the same, which ends too.
func (c *change) expel(ctx context.Context, user model.User) error {
	member, err := c.Member(ctx, user.ID)
	var present *model.Member
	if err == nil {
		present = &member
	} else if !errors.Is(err, model.ErrMemberNotFound) {
		return err
	}
	if rankOf(&user, present) >= c.rank() {
		return model.Forbidden("banning a user needs a higher role than the user has")
	}
	if present == nil {
		c.notice(envelope.Notice{Kind: envelope.Expelled, User: user.ID, Conversation: c.Conversation().ID})
		return nil
	}
	return c.leave(ctx, member)
}

// notBanned gives the error for a user whose ban is not over.
func (c *change) notBanned(ctx context.Context, user model.UserID) error {
	ban, err := c.Ban(ctx, user)
	switch {
	case errors.Is(err, model.ErrBanNotFound):
		return nil
	case err == nil && !ban.Expired(c.Now()):
		return model.ErrBanned
	}
	return err
}

// microseconds is a time as the stores keep it.
func microseconds(at *time.Time) *time.Time {
	if at == nil {
		return nil
	}
	kept := at.UTC().Truncate(time.Microsecond)
	return &kept
}

// Unban lets a user in again.
func (c *Chat) Unban(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef) error {
	return c.change(ctx, principal, ref, func(change *change) error {
		if err := change.requireRank(model.RoleModerator); err != nil {
			return err
		}
		user, err := change.User(ctx, userRef)
		if err != nil {
			return err
		}
		return change.DeleteBan(ctx, user.ID)
	})
}

// Bans reads a part of a conversation's bans by ascending user id, and how many
// there are in all.
func (c *Chat) Bans(ctx context.Context, principal Principal, ref model.ConversationRef, page model.ListPage) ([]model.Ban, int64, error) {
	if err := c.CheckPage(page); err != nil {
		return nil, 0, err
	}
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return nil, 0, err
	}
	if err := found.requireRank(model.RoleModerator); err != nil {
		return nil, 0, err
	}
	bans, total, err := c.Store.ListBans(ctx, found.conversation.ID, page)
	return bans, total, translate(err)
}

// FindBan finds the ban of one user.
func (c *Chat) FindBan(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef) (model.Ban, error) {
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return model.Ban{}, err
	}
	if err := found.requireRank(model.RoleModerator); err != nil {
		return model.Ban{}, err
	}
	user, err := c.Store.User(ctx, userRef)
	if err != nil {
		return model.Ban{}, translate(err)
	}
	place, err := c.Store.Standing(ctx, model.ConversationRef{ID: found.conversation.ID}, user.ID)
	if err == nil && place.Ban == nil {
		return model.Ban{}, model.ErrBanNotFound
	}
	if err != nil {
		return model.Ban{}, translate(err)
	}
	return *place.Ban, nil
}
