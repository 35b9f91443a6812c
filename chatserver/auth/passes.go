package auth

import (
	"context"
	"errors"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// errPassAlone keeps a pass from lending its user to other credentials.
var errPassAlone = &model.Error{
	Kind: model.KindForbidden, Code: errDisagree.Code,
	Message: "a connect pass stands for all credentials: send no other beside it",
}

// pass uses up a connect pass. The key that it was made with must count still,
// and for the page that uses it.
func (a *Authenticator) pass(ctx context.Context, credentials Credentials) (Session, error) {
	if credentials.Key != "" || credentials.Token != "" || credentials.OnBehalf != "" {
		return Session{}, errPassAlone
	}
	hash, ok := chat.PassHash(credentials.Pass)
	if !ok {
		return Session{}, model.ErrInvalidToken
	}
	taken, err := a.users.TakePass(ctx, hash, a.now())
	if errors.Is(err, model.ErrInvalidToken) {
		return Session{}, err
	}
	if err != nil {
		return Session{}, model.ErrUnavailable.Because(err)
	}
	session := Session{ExpiresAt: taken.SessionExpiresAt}
	if taken.KeyID != "" {
		entry, ok := a.keys.Load().byID(taken.KeyID, a.now())
		if !ok || entry.Type != keyset.Public {
			return Session{}, model.ErrInvalidKey
		}
		if credentials.Origin != "" && !entry.AllowsOrigin(credentials.Origin) {
			return Session{}, errOrigin
		}
		session.Principal.Key = entry
	}
	if err := a.user(ctx, taken.User, taken.Epoch, &session); err != nil {
		return Session{}, err
	}
	return session, nil
}
