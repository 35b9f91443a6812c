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
	if in.OnConflict != "" && in.OnConflict != ConflictError && in.OnConflict != ConflictReuse {
		f.add(model.Invalid("onConflict", "must be error or reuse"))
	}
	return f.err()
}

// CreateUser stores a user. Created is false when an existing one was reused.
func (c *Chat) CreateUser(ctx context.Context, principal Principal, in CreateUser) (user model.User, created bool, err error) {
	if !principal.Admin() && (!principal.PublicKeyOnly() || !c.Features.PublicUserCreation) {
		return model.User{}, false, model.Forbidden("creating users needs a secret key")
	}
	if err := in.check(c.Limits); err != nil {
		return model.User{}, false, err
	}
	user, err = c.Store.CreateUser(ctx, store.NewUser{
		ExternalID: in.ExternalID, Username: in.Username, DisplayName: in.DisplayName,
		Email: in.Email, Avatar: in.Avatar, Properties: propertiesOrEmpty(in.Properties),
	})
	if errors.Is(err, model.ErrUserExists) && in.OnConflict == ConflictReuse {
		user, err = c.existing(ctx, in)
		return user, false, err
	}
	return user, err == nil, translate(err)
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
