package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// MinTokenLifetime is the shortest life that a token can be given.
const MinTokenLifetime = time.Second

// Token is a user token, the refresh token that follows it, and what a client
// needs to know of them.
type Token struct {
	Value            model.Secret
	User             model.User
	ExpiresAt        time.Time
	Refresh          model.Secret
	RefreshExpiresAt time.Time
}

// MintToken is the input of Chat.MintToken.
type MintToken struct {
	User      model.UserRef
	ExpiresIn time.Duration // for secret keys; default the project's token lifetime
}

func (in MintToken) check(principal Principal, limit time.Duration) error {
	switch {
	case in.ExpiresIn == 0:
		return nil
	case !principal.Admin():
		return model.Forbidden("expiresIn needs a secret key")
	case in.ExpiresIn < MinTokenLifetime || in.ExpiresIn > limit:
		return model.Invalid("expiresIn", "must be 1 to %d seconds", int64(limit/time.Second))
	}
	return nil
}

// MintToken makes a token for a user.
func (c *Chat) MintToken(ctx context.Context, principal Principal, in MintToken) (Token, error) {
	if !principal.Admin() && (!principal.PublicKeyOnly() || !c.Features.PublicTokenMinting) {
		return Token{}, model.Forbidden("minting tokens needs a secret key")
	}
	if err := in.check(principal, c.TokenLifetime); err != nil {
		return Token{}, err
	}
	user, err := c.Store.User(ctx, in.User)
	if err != nil {
		return Token{}, translate(err)
	}
	if !principal.Admin() && privileged(user) {
		return Token{}, model.Forbidden("a public key mints tokens for users without a role only; use a secret key")
	}
	return c.logIn(ctx, user, in.ExpiresIn)
}

// privileged reports whether the user may do more than others, so that nobody
// becomes the user with what every page shows.
func privileged(user model.User) bool {
	for _, allowed := range user.Permissions {
		if allowed {
			return true
		}
	}
	return user.Role != model.UserPlain
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
	return c.logIn(ctx, user, 0)
}

// logIn makes a token and the first refresh token of its family.
func (c *Chat) logIn(ctx context.Context, user model.User, lifetime time.Duration) (Token, error) {
	if lifetime == 0 {
		lifetime = c.TokenLifetime
	}
	token, err := c.sign(user, lifetime)
	if err != nil {
		return Token{}, err
	}
	value, record, err := c.newRefreshToken()
	if err != nil {
		return Token{}, err
	}
	record.User, record.Epoch, record.Family = user.ID, user.TokenEpoch, fmt.Sprintf("%x", record.Hash[:16])
	if err := c.Store.SaveRefreshToken(ctx, record); err != nil {
		return Token{}, translate(err)
	}
	token.Refresh, token.RefreshExpiresAt = value, record.ExpiresAt
	return token, nil
}

// sign makes a token without a refresh token.
func (c *Chat) sign(user model.User, lifetime time.Duration) (Token, error) {
	if user.AccountStatus == model.AccountSuspended {
		return Token{}, model.ErrUserSuspended
	}
	issued := c.Now()
	expires := issued.Add(lifetime)
	value, err := c.Tokens.Sign(user, issued, expires)
	if err != nil {
		return Token{}, model.ErrInternal.Because(err)
	}
	return Token{Value: value, User: user, ExpiresAt: expires.UTC().Truncate(time.Second)}, nil
}

// RevokeTokens makes every token of a user worthless, refresh tokens included,
// and closes the sessions that they opened, on every pod.
func (c *Chat) RevokeTokens(ctx context.Context, principal Principal, ref model.UserRef) error {
	by, err := c.actor(ctx, principal)
	if err != nil {
		return err
	}
	user, err := c.Store.User(ctx, ref)
	if err != nil {
		return translate(err)
	}
	if err := by.mayActOn(user); err != nil {
		return err
	}
	if err := c.revokeTokens(ctx, user.ID); err != nil {
		return err
	}
	c.audit(ctx, by, model.AuditEvent{Action: AuditTokensRevoked, User: user.ID})
	return nil
}

func (c *Chat) revokeTokens(ctx context.Context, id model.UserID) error {
	user, err := c.Store.RevokeTokens(ctx, id)
	if err != nil {
		return translate(err)
	}
	c.publisher.publish(announcement{notices: []envelope.Notice{{Kind: envelope.Revoked, User: id, Rev: user.TokenEpoch}}})
	return nil
}
