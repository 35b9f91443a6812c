package chat

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// OnConflict says what happens when a user to be created exists.
type OnConflict string

// The ways to meet an existing user.
const (
	ConflictError OnConflict = "error" // refuse with 409
	ConflictReuse OnConflict = "reuse" // return the existing user unchanged
)

// CreateUser is the input of Chat.CreateUser.
type CreateUser struct {
	ExternalID  string
	Username    string
	DisplayName string
	Email       string
	Avatar      string
	Properties  json.RawMessage
	Role        model.UserRole // default model.UserPlain
	Permissions model.Permissions
	OnConflict  OnConflict // default ConflictError
}

func (in CreateUser) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.identifier("username", in.Username)
	f.identifier("externalId", in.ExternalID)
	f.name("displayName", in.DisplayName)
	f.text("email", in.Email, MaxEmailLength)
	f.text("avatar", in.Avatar, MaxAvatarLength)
	f.properties(in.Properties)
	f.userRole("role", in.Role)
	for permission := range in.Permissions {
		f.permission(permission)
	}
	if in.OnConflict != "" && in.OnConflict != ConflictError && in.OnConflict != ConflictReuse {
		f.add(model.Invalid("onConflict", "must be error or reuse"))
	}
	return f.err()
}

func (f *fields) userRole(field string, role model.UserRole) {
	if role != "" && !role.Valid() {
		f.add(model.Invalid(field, "must be superadmin, admin, moderator, staff or user"))
	}
}

func (f *fields) permission(permission model.Permission) {
	if !permission.Valid() {
		f.add(model.Invalid("permissions", "has no permission of the name %q", permission))
	}
}

// CreateUser stores a user. Created is false when an existing one was reused.
func (c *Chat) CreateUser(ctx context.Context, principal Principal, in CreateUser) (user model.User, created bool, err error) {
	creator, err := c.userCreator(ctx, principal)
	if err != nil {
		return model.User{}, false, err
	}
	if err := in.check(c.Limits); err != nil {
		return model.User{}, false, err
	}
	if err := creator.mayGive(in.Role); err != nil {
		return model.User{}, false, err
	}
	if len(in.Permissions) > 0 && !creator.administers() {
		return model.User{}, false, model.Forbidden("permissions need a secret key, or a user with the role admin")
	}
	user, err = c.Store.CreateUser(ctx, store.NewUser{
		ExternalID: in.ExternalID, Username: in.Username, DisplayName: in.DisplayName,
		Email: in.Email, Avatar: in.Avatar, Properties: propertiesOrEmpty(in.Properties),
		Role: in.Role, Permissions: in.Permissions,
	})
	created = err == nil
	if errors.Is(err, model.ErrUserExists) && in.OnConflict == ConflictReuse {
		user, err = c.existing(ctx, in)
	}
	return creator.profile(user), created, translate(err)
}

// userCreator refuses those who may not create users.
func (c *Chat) userCreator(ctx context.Context, principal Principal) (actor, error) {
	if principal.PublicKeyOnly() && c.Features.PublicUserCreation {
		return actor{principal: principal}, nil
	}
	if principal.PublicKeyOnly() {
		return actor{}, model.Forbidden("creating users needs a secret key")
	}
	return c.administrator(ctx, principal)
}

// existing finds the one user that both unique names of the request agree on.
func (c *Chat) existing(ctx context.Context, in CreateUser) (model.User, error) {
	refs := make([]model.UserRef, 0, 2)
	if in.Username != "" {
		refs = append(refs, model.UserRef{Username: in.Username})
	}
	if in.ExternalID != "" {
		refs = append(refs, model.UserRef{ExternalID: in.ExternalID})
	}
	ids, err := c.Store.UserIDs(ctx, refs)
	if err != nil || ids[0] != ids[len(ids)-1] {
		return model.User{}, model.ErrUserExists
	}
	user, err := c.Store.User(ctx, model.UserRef{ID: ids[0]})
	return user, translate(err)
}

// User finds a user.
func (c *Chat) User(ctx context.Context, principal Principal, ref model.UserRef) (model.User, error) {
	reader, err := c.actor(ctx, principal)
	if err != nil {
		return model.User{}, err
	}
	user, err := c.Store.User(ctx, ref)
	return reader.profile(user), translate(err)
}
