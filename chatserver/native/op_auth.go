package native

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/model"
)

// authFrame replaces the session's user token by a newer one.
type authFrame struct {
	frameHead
	Token model.Secret `json:"token"`
}

func (f authFrame) check() error {
	if f.Token == "" {
		return model.Invalid("token", "is missing")
	}
	return nil
}

// authData says until when the session may go on.
type authData struct {
	ExpiresAt time.Time `json:"expiresAt"`
}

var errOtherUser = model.Forbidden("the token is another user's; open another connection for that user")

func answerAuth(ctx context.Context, r *socketReader, frame authFrame) (any, error) {
	session, err := r.api.Authenticator.Authenticate(ctx, auth.Credentials{Token: frame.Token.Reveal()})
	if err != nil {
		return nil, err
	}
	if session.Principal.User != r.principal.User {
		return nil, errOtherUser
	}
	r.session.Renew(session.ExpiresAt)
	return authData{ExpiresAt: session.ExpiresAt.UTC()}, nil
}
