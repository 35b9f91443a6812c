package chat

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// PassLifetime is how long a connect pass waits to be used.
const PassLifetime = 30 * time.Second

// Pass opens one WebSocket.
type Pass struct {
	Value     model.Secret
	ExpiresAt time.Time
}

// NewPass makes a pass for the principal's user. The session that it opens ends
// when the credentials that asked for it do: at sessionExpires, unless that is
// zero, with the user's tokens, and with a public key. A secret key stays behind:
// the session has the user's rights alone.
func (c *Chat) NewPass(ctx context.Context, principal Principal, sessionExpires time.Time) (Pass, error) {
	if principal.User == 0 {
		return Pass{}, needsUser(principal)
	}
	user, err := c.Store.User(ctx, model.UserRef{ID: principal.User})
	if err != nil {
		return Pass{}, translate(err)
	}
	value, hash, err := newOpaque(c.Random, passPrefix)
	if err != nil {
		return Pass{}, err
	}
	pass := store.Pass{
		Hash: hash, User: user.ID, Epoch: user.TokenEpoch,
		ExpiresAt: c.Now().Add(PassLifetime), SessionExpiresAt: sessionExpires,
	}
	if principal.Key != nil && !principal.Admin() {
		pass.KeyID = principal.Key.ID
	}
	if err := c.Store.SavePass(ctx, pass); err != nil {
		return Pass{}, translate(err)
	}
	return Pass{Value: value, ExpiresAt: pass.ExpiresAt.UTC().Truncate(time.Millisecond)}, nil
}

// PassHash gives the hash under which the store keeps a pass. It reports false
// for what is none.
func PassHash(presented string) ([32]byte, bool) {
	return hashOpaque(model.Secret(presented), passPrefix)
}
