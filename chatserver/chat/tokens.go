package chat

import (
	"context"
	"encoding/json"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Token is a user token with what a client needs to know of it.
type Token struct {
	Value     model.Secret
	User      model.User
	ExpiresAt time.Time
}

// MintToken makes a token for a user.
func (c *Chat) MintToken(ctx context.Context, principal Principal, ref model.UserRef) (Token, error) {
	if !principal.Admin() && (!principal.PublicKeyOnly() || !c.Features.PublicTokenMinting) {
		return Token{}, model.Forbidden("minting tokens needs a secret key")
	}
	user, err := c.Store.User(ctx, ref)
	if err != nil {
		return Token{}, translate(err)
	}
	return c.sign(user)
}

// StartGuestSession is the input of Chat.StartGuestSession.
type StartGuestSession struct {
	Username    string // optional; must be new
	DisplayName string
	Properties  json.RawMessage
}

func (in StartGuestSession) check(limits config.Limits) error {
	f := fields{limits: limits}
	f.identifier("username", in.Username)
	f.name("displayName", in.DisplayName)
	f.properties(in.Properties)
	return f.err()
}

// StartGuestSession makes a guest user and a token for it.
func (c *Chat) StartGuestSession(ctx context.Context, principal Principal, in StartGuestSession) (Token, error) {
	if !principal.Admin() && (!principal.PublicKeyOnly() || !c.Features.GuestSessions) {
		return Token{}, model.Forbidden("guest sessions are off in this project, or need an API key")
	}
	if err := in.check(c.Limits); err != nil {
		return Token{}, err
	}
	user, err := c.Store.CreateUser(ctx, store.NewUser{
		Username: in.Username, DisplayName: in.DisplayName,
		Properties: propertiesOrEmpty(in.Properties), Guest: true,
	})
	if err != nil {
		return Token{}, translate(err)
	}
	return c.sign(user)
}

func (c *Chat) sign(user model.User) (Token, error) {
	issued := c.Now()
	expires := issued.Add(c.TokenLifetime)
	value, err := c.Tokens.Sign(user, issued, expires)
	if err != nil {
		return Token{}, model.ErrInternal.Because(err)
	}
	return Token{Value: value, User: user, ExpiresAt: expires.UTC().Truncate(time.Second)}, nil
}
