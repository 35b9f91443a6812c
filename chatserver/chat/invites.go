package chat

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Invite asks a user into a conversation. Who may add members may. An invite
// that is pending is returned with created false.
func (c *Chat) Invite(ctx context.Context, principal Principal, ref model.ConversationRef, in NewMember) (invite model.Invite, created bool, err error) {
	var f fields
	f.role("role", in.Role)
	if err := f.err(); err != nil {
		return model.Invite{}, false, err
	}
	if in.Role == "" {
		in.Role = model.RoleMember
	}
	// Who may not see the conversation learns nothing of its users either.
	if _, err := c.standing(ctx, principal, ref); err != nil {
		return model.Invite{}, false, err
	}
	user, err := c.Store.User(ctx, in.User)
	if err != nil {
		return model.Invite{}, false, translate(err)
	}
	blocked := false
	if principal.User != 0 {
		if blocked, err = c.Store.AnyBlock(ctx, principal.User, []model.UserID{user.ID}); err != nil {
			return model.Invite{}, false, translate(err)
		}
	}
	err = c.change(ctx, principal, ref, func(change *change) error {
		if err := change.mayAdd(in.Role); err != nil {
			return err
		}
		if blocked {
			return model.ErrBlocked
		}
		invite, created, err = change.invite(ctx, user.ID, in.Role)
		return err
	})
	return invite, created, err
}

func (c *change) invite(ctx context.Context, user model.UserID, role model.MemberRole) (model.Invite, bool, error) {
	_, err := c.Member(ctx, user)
	if err == nil {
		return model.Invite{}, false, model.ErrMemberExists
	}
	if !errors.Is(err, model.ErrMemberNotFound) {
		return model.Invite{}, false, err
	}
	if err := c.notBanned(ctx, user); err != nil {
		return model.Invite{}, false, err
	}
	pending, err := c.PendingInvite(ctx, user)
	if !errors.Is(err, model.ErrInviteNotFound) {
		return pending, false, err
	}
	invite, err := c.SaveInvite(ctx, model.Invite{
		Conversation: c.Conversation().ID, User: user, InvitedBy: c.principal.User, Role: role,
		Status: model.InvitePending, CreatedAt: c.Now(), UpdatedAt: c.Now(),
	})
	if err != nil {
		return model.Invite{}, false, err
	}
	return invite, true, c.signalInvite(model.InviteCreated, invite, user)
}

// signalInvite tells users of an invite.
func (c *change) signalInvite(kind model.SignalKind, invite model.Invite, users ...model.UserID) error {
	body, err := json.Marshal(invite)
	if err != nil {
		return model.ErrInternal.Because(err)
	}
	for _, user := range users {
		if user != 0 {
			c.signal(model.Signal{Kind: kind, User: user, From: c.principal.User, Body: body})
		}
	}
	return nil
}

// ListInvites selects invites; the zero value selects all.
type ListInvites struct {
	Status model.InviteStatus
}

func (in ListInvites) check() error {
	switch in.Status {
	case "", model.InvitePending, model.InviteAccepted, model.InviteDeclined, model.InviteRevoked:
		return nil
	}
	return model.Invalid("status", "must be pending, accepted, declined or revoked")
}

// Invites reads a part of a conversation's invites, the latest first, and how
// many there are in all. Who may add members may, and who has admin.view.
func (c *Chat) Invites(ctx context.Context, principal Principal, ref model.ConversationRef, in ListInvites, page model.ListPage) ([]model.Invite, int64, error) {
	if err := errors.Join(in.check(), c.CheckPage(page)); err != nil {
		return nil, 0, model.AsError(err)
	}
	found, err := c.standing(ctx, principal, ref)
	if err != nil {
		return nil, 0, err
	}
	if err := found.require(model.MemberAdd); err != nil && !found.allows(model.AdminView) {
		return nil, 0, err
	}
	filter := store.InviteFilter{Conversation: found.conversation.ID, Status: in.Status}
	invites, total, err := c.Store.ListInvites(ctx, filter, page)
	return invites, total, translate(err)
}

// OwnInvites reads a part of the acting user's invites, the latest first, and
// how many there are in all.
func (c *Chat) OwnInvites(ctx context.Context, principal Principal, in ListInvites, page model.ListPage) ([]model.Invite, int64, error) {
	if principal.User == 0 {
		return nil, 0, needsUser(principal)
	}
	if err := errors.Join(in.check(), c.CheckPage(page)); err != nil {
		return nil, 0, model.AsError(err)
	}
	invites, total, err := c.Store.ListInvites(ctx, store.InviteFilter{User: principal.User, Status: in.Status}, page)
	return invites, total, translate(err)
}

// AcceptInvite makes the invited user a member.
func (c *Chat) AcceptInvite(ctx context.Context, principal Principal, id model.InviteID) (model.Invite, error) {
	full, err := c.hasTooMany(ctx, principal.User)
	if err != nil {
		return model.Invite{}, err
	}
	return c.answerInvite(ctx, principal, id, func(change *change, invite model.Invite) (model.InviteStatus, error) {
		_, _, err := change.join(ctx, joining{user: invite.User, role: invite.Role, by: invite.InvitedBy, full: full})
		return model.InviteAccepted, err
	})
}

// DeclineInvite says that the invited user does not come.
func (c *Chat) DeclineInvite(ctx context.Context, principal Principal, id model.InviteID) (model.Invite, error) {
	return c.answerInvite(ctx, principal, id, func(*change, model.Invite) (model.InviteStatus, error) {
		return model.InviteDeclined, nil
	})
}

// answerInvite closes a pending invite of the acting user. An invite of another
// user does not exist for it.
func (c *Chat) answerInvite(ctx context.Context, principal Principal, id model.InviteID, answer func(*change, model.Invite) (model.InviteStatus, error)) (model.Invite, error) {
	if principal.User == 0 {
		return model.Invite{}, needsUser(principal)
	}
	return c.closeInvite(ctx, principal, id, func(change *change, invite model.Invite) (model.InviteStatus, error) {
		if invite.User != principal.User {
			return "", model.ErrInviteNotFound
		}
		if invite.Status != model.InvitePending {
			return "", model.ErrInviteClosed
		}
		return answer(change, invite)
	})
}

// RevokeInvite takes back a pending invite: the inviter may, and moderators of
// the conversation and those above.
func (c *Chat) RevokeInvite(ctx context.Context, principal Principal, id model.InviteID) error {
	if principal.PublicKeyOnly() {
		return needsUser(principal)
	}
	_, err := c.closeInvite(ctx, principal, id, func(change *change, invite model.Invite) (model.InviteStatus, error) {
		isInviter := principal.User != 0 && invite.InvitedBy == principal.User
		switch {
		case !isInviter && !change.moderates() && !change.visible() && invite.User != principal.User:
			return "", model.ErrInviteNotFound
		case !isInviter && !change.moderates():
			return "", model.Forbidden("only its inviter or a moderator revokes an invite; the invited user declines it")
		case invite.Status != model.InvitePending:
			return "", model.ErrInviteClosed
		}
		return model.InviteRevoked, nil
	})
	return err
}

// closeInvite gives an invite the status that is decided under the lock of its
// conversation, which the principal need not see.
func (c *Chat) closeInvite(ctx context.Context, principal Principal, id model.InviteID, decide func(*change, model.Invite) (model.InviteStatus, error)) (model.Invite, error) {
	found, err := c.Store.Invite(ctx, id)
	if err != nil {
		return model.Invite{}, translate(err)
	}
	var closed model.Invite
	err = c.lock(ctx, principal, found.Conversation, func(change *change) error {
		invite, err := change.Invite(ctx, id)
		if err != nil {
			return err
		}
		if invite.Status, err = decide(change, invite); err != nil {
			return err
		}
		invite.UpdatedAt = change.Now()
		if closed, err = change.SaveInvite(ctx, invite); err != nil {
			return err
		}
		return change.signalInvite(model.InviteUpdated, closed, closed.User, closed.InvitedBy)
	})
	if errors.Is(err, model.ErrConversationNotFound) {
		// It was deleted meanwhile, and its invites with it.
		return model.Invite{}, model.ErrInviteNotFound
	}
	return closed, err
}
