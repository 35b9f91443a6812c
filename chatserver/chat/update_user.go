package chat

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

// UpdateUser is the input of Chat.UpdateUser: a merge patch.
type UpdateUser struct {
	Version     int64 // that the caller saw, or 0
	Username    Patch[string]
	DisplayName Patch[string]
	Email       Patch[string]
	Avatar      Patch[string]
	Properties  json.RawMessage // a merge patch of the properties

	// What follows is for those who administer the project.

	ExternalID    Patch[string]
	Role          Patch[model.UserRole]
	Permissions   Patch[map[model.Permission]*bool] // nil takes an override away
	AccountStatus Patch[model.AccountStatus]
}

func (in UpdateUser) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.identifier("username", in.Username.Value)
	f.identifier("externalId", in.ExternalID.Value)
	f.name("displayName", in.DisplayName.Value)
	f.text("email", in.Email.Value, MaxEmailLength)
	f.text("avatar", in.Avatar.Value, MaxAvatarLength)
	f.propertiesPatch(in.Properties)
	f.userRole("role", in.Role.Value)
	for permission := range in.Permissions.Value {
		f.permission(permission)
	}
	if in.AccountStatus.Value != "" {
		f.accountStatus(in.AccountStatus.Value)
	}
	return f.err()
}

func (f *fields) accountStatus(status model.AccountStatus) {
	if !status.Valid() {
		f.add(model.Invalid("accountStatus", "must be active or suspended"))
	}
}

// administers reports whether the patch has fields for administrators.
func (in UpdateUser) administers() bool {
	return in.ExternalID.Given || in.Role.Given || in.Permissions.Given || in.AccountStatus.Given
}

func (in UpdateUser) apply(user *model.User, limits config.Limits) (err error) {
	in.Username.apply(&user.Username)
	in.DisplayName.apply(&user.DisplayName)
	in.Email.apply(&user.Email)
	in.Avatar.apply(&user.Avatar)
	in.ExternalID.apply(&user.ExternalID)
	in.Role.apply(&user.Role)
	if user.Role == "" {
		user.Role = model.UserPlain
	}
	in.AccountStatus.apply(&user.AccountStatus)
	if user.AccountStatus == "" {
		user.AccountStatus = model.AccountActive
	}
	if in.Permissions.Given {
		user.Permissions = mergePermissions(user.Permissions, in.Permissions.Value)
	}
	user.Properties, err = mergeProperties(user.Properties, in.Properties, limits.PropertiesBytes)
	return err
}

// mergePermissions applies a merge patch; nil alone takes all overrides away.
func mergePermissions(present model.Permissions, patch map[model.Permission]*bool) model.Permissions {
	merged := model.Permissions{}
	if patch != nil {
		maps.Copy(merged, present)
	}
	for permission, allowed := range patch {
		if allowed == nil {
			delete(merged, permission)
		} else {
			merged[permission] = *allowed
		}
	}
	return merged
}

// UpdateUser changes a user: its own profile, or anything for those who
// administer the project. Suspending an account revokes its tokens.
func (c *Chat) UpdateUser(ctx context.Context, principal Principal, ref model.UserRef, in UpdateUser) (model.User, error) {
	changer, err := c.actor(ctx, principal)
	if err != nil {
		return model.User{}, err
	}
	if err := in.check(c.Limits); err != nil {
		return model.User{}, err
	}
	if in.administers() && !changer.administers() {
		return model.User{}, model.Forbidden("role, permissions, accountStatus and externalId need a secret key, or a user with the role admin")
	}
	id, err := c.userID(ctx, ref)
	if err != nil {
		return model.User{}, err
	}
	var before model.User
	after, err := c.Store.UpdateUser(ctx, id, func(user *model.User) error {
		before = *user
		if err := changer.mayActOn(*user); err != nil {
			return err
		}
		if err := checkVersion(in.Version, user.Version); err != nil {
			return err
		}
		if err := changer.mayGive(in.Role.Value); err != nil {
			return err
		}
		return in.apply(user, c.Limits)
	})
	if err != nil {
		return model.User{}, translate(err)
	}
	return changer.profile(after), c.userChanged(ctx, changer, before, after, in)
}

// userChanged tells of a change and does what follows from it.
func (c *Chat) userChanged(ctx context.Context, changer actor, before, after model.User, in UpdateUser) error {
	if after.Version != before.Version {
		c.authors.forget(after.ID)
		if err := c.announceUser(after); err != nil {
			return err
		}
	}
	if after.Role != before.Role {
		c.audit(ctx, changer, model.AuditEvent{
			Action: AuditRoleChanged, User: after.ID, Details: details(map[string]any{"from": before.Role, "to": after.Role}),
		})
	}
	if !maps.Equal(after.Permissions, before.Permissions) {
		c.audit(ctx, changer, model.AuditEvent{
			Action: AuditPermissionsChanged, User: after.ID, Details: details(map[string]any{"to": after.Permissions}),
		})
	}
	if after.AccountStatus != model.AccountSuspended || !in.AccountStatus.Given {
		return nil
	}
	if before.AccountStatus != after.AccountStatus {
		c.audit(ctx, changer, model.AuditEvent{Action: AuditUserSuspended, User: after.ID})
	}
	// Also when the account was suspended before: that time this may have failed.
	return c.revokeTokens(ctx, after.ID)
}

// announceUser tells a user's own sessions what became of the user.
func (c *Chat) announceUser(user model.User) error {
	body, err := json.Marshal(user)
	if err != nil {
		return model.ErrInternal.Because(err)
	}
	c.publisher.publish(announcement{signals: []model.Signal{{Kind: model.UserUpdated, User: user.ID, Body: body}}})
	return nil
}
