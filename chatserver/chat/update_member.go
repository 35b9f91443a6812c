package chat

import (
	"context"
	"errors"
	"maps"

	"github.com/parley-chat/parley/chatserver/model"
)

// UpdateMember is a merge patch of a membership.
type UpdateMember struct {
	Role Patch[model.MemberRole]
	// Permissions are overrides: nil takes one away, and without a value, but
	// given, all are taken away.
	Permissions Patch[map[model.Permission]*bool]
	Rev         int64 // the rev of the membership that the caller saw; 0 stands for any
}

func (in UpdateMember) check() error {
	var f fields
	if in.Role.Given && in.Role.Value == "" {
		f.add(model.Invalid("role", "must be owner, admin, moderator, member or guest"))
	}
	f.role("role", in.Role.Value)
	for permission := range in.Permissions.Value {
		if !permission.Valid() {
			f.add(model.Invalid("permissions", "%q is no permission", string(permission)))
		}
	}
	return f.err()
}

// UpdateMember changes the role of a member, below one's own, and what the
// member may do beyond or below its role, for which one must be an admin of the
// conversation at least. Owners make others owners.
func (c *Chat) UpdateMember(ctx context.Context, principal Principal, ref model.ConversationRef, userRef model.UserRef, in UpdateMember) (model.Member, error) {
	if err := in.check(); err != nil {
		return model.Member{}, err
	}
	var updated model.Member
	err := c.change(ctx, principal, ref, func(change *change) error {
		user, err := change.User(ctx, userRef)
		if err != nil {
			return err
		}
		before, err := change.Member(ctx, user.ID)
		if err != nil {
			return err
		}
		if err := checkVersion(in.Rev, before.Rev); err != nil {
			return err
		}
		updated = before
		if in.Role.Given {
			if updated.Role, err = change.newRole(ctx, before, in.Role.Value); err != nil {
				return err
			}
		}
		if in.Permissions.Given {
			if updated.Permissions, err = change.newPermissions(before, in.Permissions.Value); err != nil {
				return err
			}
		}
		if updated.Role == before.Role && maps.Equal(updated.Permissions, before.Permissions) {
			return nil
		}
		if updated, err = change.saveUpdated(ctx, updated); err != nil {
			return err
		}
		change.noticeReceiving(user, before, updated)
		return nil
	})
	return updated, err
}

// newRole decides whether the principal may give the member the role.
func (c *change) newRole(ctx context.Context, member model.Member, role model.MemberRole) (model.MemberRole, error) {
	switch {
	case c.Conversation().Type == model.Direct:
		return "", model.ErrDirectMembersFixed
	case role == member.Role:
		return role, nil
	}
	own := member.User == c.principal.User && c.member != nil && role.Rank() < member.Role.Rank()
	if !own && member.Role.Rank() >= c.rank() {
		return "", model.Forbidden("changing a member's role needs a higher role than the member has")
	}
	handsOver := c.member != nil && c.member.Role == model.RoleOwner
	if role.Rank() >= c.rank() && !handsOver {
		return "", model.Forbidden("a member cannot be given the role %s by one who does not stand above it", role)
	}
	if member.Role != model.RoleOwner {
		return role, nil
	}
	successor, err := c.Successor(ctx, member.User)
	if errors.Is(err, model.ErrMemberNotFound) || (err == nil && successor.Role != model.RoleOwner) {
		return "", model.ErrLastOwner
	}
	return role, err
}

// newPermissions applies a patch of overrides. Nobody gives what it does not
// have, be it by an allowance or by taking away a denial.
func (c *change) newPermissions(member model.Member, patch map[model.Permission]*bool) (model.Permissions, error) {
	if err := c.requireRank(model.RoleAdmin); err != nil {
		return nil, err
	}
	if member.Role.Rank() >= c.rank() {
		return nil, model.Forbidden("changing a member's permissions needs a higher role than the member has")
	}
	if patch == nil {
		patch = make(map[model.Permission]*bool, len(member.Permissions))
		for permission := range member.Permissions {
			patch[permission] = nil
		}
	}
	permissions := model.Permissions{}
	maps.Copy(permissions, member.Permissions)
	for permission, allowed := range patch {
		if allowed == nil {
			delete(permissions, permission)
		} else {
			permissions[permission] = *allowed
		}
		gives := permissions[permission] || member.Permissions.Denies(permission) && !permissions.Denies(permission)
		if gives && !c.allows(permission) {
			return nil, model.Forbidden("nobody gives a permission that it does not have: %s", permission)
		}
	}
	return permissions, nil
}

// noticeReceiving lets the sessions of a member follow the conversation again
// once it may receive messages again; that it may no more, the event says.
func (c *change) noticeReceiving(user model.User, before, after model.Member) {
	if !allows(model.MessageReceive, user, &before) && allows(model.MessageReceive, user, &after) {
		c.noticeJoined(after)
	}
}
