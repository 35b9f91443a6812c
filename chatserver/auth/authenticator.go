package auth

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Users finds the user that a credential speaks of.
type Users interface {
	User(ctx context.Context, ref model.UserRef) (model.User, error)
	// TakePass finds and deletes a connect pass; model.ErrInvalidToken.
	TakePass(ctx context.Context, hash [32]byte, now time.Time) (store.Pass, error)
}

// Credentials are what a request presented, as text; empty means absent.
type Credentials struct {
	Token    string // a user token
	Pass     string // a connect pass
	Key      string // an API key
	OnBehalf string // the user that a secret key acts for: a user reference
	Origin   string // the page that a browser sent the request from
}

// Session is the outcome: who asks, and until when.
type Session struct {
	Principal chat.Principal
	ExpiresAt time.Time // of the user token, or zero
	// TokenEpoch is the user's at the time of the check: when the user's tokens
	// are revoked, what was opened in an older one ends.
	TokenEpoch int64
}

// Authenticator checks credentials against the present keys. All methods are
// safe for concurrent use; keys may be replaced at any time.
type Authenticator struct {
	users   Users
	now     func() time.Time
	change  sync.Mutex // held by those who replace keys, which takes a read and a write
	keys    atomic.Pointer[keysInForce]
	tokens  atomic.Pointer[Tokens]
	issuers atomic.Pointer[Issuers]
}

// New makes an authenticator.
func New(users Users, now func() time.Time, keys *keyset.Set, tokens *Tokens) *Authenticator {
	a := &Authenticator{users: users, now: now}
	a.keys.Store(&keysInForce{set: keys})
	a.tokens.Store(tokens)
	a.issuers.Store(&Issuers{})
	return a
}

// UseKeys replaces the API keys. Revoked ones that the new set has not are
// forgotten.
func (a *Authenticator) UseKeys(keys *keyset.Set) {
	a.change.Lock()
	defer a.change.Unlock()
	a.keys.Store(a.keys.Load().with(keys))
}

// Revoke refuses the API keys with the ids from now on, until UseKeys brings a
// set that has them no more, or the time is over: whichever comes first.
func (a *Authenticator) Revoke(keys []string, until time.Time) {
	a.change.Lock()
	defer a.change.Unlock()
	a.keys.Store(a.keys.Load().without(keys, until, a.now()))
}

// VerifyRevocation reads a notice that a present signing key signed.
func (a *Authenticator) VerifyRevocation(notice string) (keyset.Revocation, error) {
	return a.tokens.Load().verifyRevocation(notice, a.now())
}

// Keys returns the API keys in use.
func (a *Authenticator) Keys() *keyset.Set { return a.keys.Load().set }

// UseTokens replaces the signing keys.
func (a *Authenticator) UseTokens(tokens *Tokens) { a.tokens.Store(tokens) }

// UseIssuers replaces the other issuers whose user tokens count; there are none
// at first. The caller closes them.
func (a *Authenticator) UseIssuers(issuers *Issuers) { a.issuers.Store(issuers) }

// Sign makes a user token with the present signing key; chat.TokenSigner.
func (a *Authenticator) Sign(user model.User, issued, expires time.Time) (model.Secret, error) {
	return a.tokens.Load().Sign(user, issued, expires)
}

// Holds reports whether an API key that was good when a session began is good
// now.
func (a *Authenticator) Holds(entry keyset.Entry) bool { return a.keys.Load().holds(entry, a.now()) }

// The refusals that concern credentials alone.
var (
	errSecretInBrowser = &model.Error{Kind: model.KindForbidden, Code: "secret_key_in_browser", Message: "a secret key must never reach a browser: call from your server, or use a public key and a user token"}
	errOrigin          = &model.Error{Kind: model.KindForbidden, Code: "origin_not_allowed", Message: "the API key is not allowed for pages of this origin"}
	errDisagree        = &model.Error{Kind: model.KindForbidden, Code: "credentials_disagree", Message: "the user token and X-Parley-User name different users"}
)

// Authenticate checks the credentials of a request. Errors are those of package
// model.
func (a *Authenticator) Authenticate(ctx context.Context, credentials Credentials) (Session, error) {
	var session Session
	if credentials.Pass != "" {
		return a.pass(ctx, credentials)
	}
	if credentials.Key == "" && credentials.Token == "" {
		return session, model.ErrUnauthenticated
	}
	if credentials.Key != "" {
		entry, err := a.key(credentials)
		if err != nil {
			return Session{}, err
		}
		session.Principal.Key = entry
	}
	if credentials.Token != "" {
		if err := a.token(ctx, credentials.Token, &session); err != nil {
			return Session{}, err
		}
	}
	if credentials.OnBehalf != "" {
		if err := a.onBehalf(ctx, credentials.OnBehalf, &session); err != nil {
			return Session{}, err
		}
	}
	return session, nil
}

func (a *Authenticator) key(credentials Credentials) (*keyset.Entry, error) {
	entry, ok := a.keys.Load().verify(credentials.Key, a.now())
	switch {
	case !ok:
		return nil, model.ErrInvalidKey
	case credentials.Origin == "":
		return entry, nil
	case entry.Type == keyset.Secret:
		return nil, errSecretInBrowser
	case !entry.AllowsOrigin(credentials.Origin):
		return nil, errOrigin
	}
	return entry, nil
}

func (a *Authenticator) token(ctx context.Context, presented string, session *Session) error {
	if len(presented) > MaxTokenBytes {
		return model.ErrInvalidToken
	}
	if issuer, ok := a.issuers.Load().of(presented); ok {
		return a.foreignToken(ctx, issuer, presented, session)
	}
	said, err := a.tokens.Load().verify(presented, a.now())
	if err != nil {
		return err
	}
	if err := a.user(ctx, said.user, said.epoch, session); err != nil {
		return err
	}
	session.ExpiresAt = said.expiresAt
	return nil
}

// user lets in the user of a credential that was given out in the epoch. A user
// who is suspended learns it, though suspending raised the epoch.
func (a *Authenticator) user(ctx context.Context, id model.UserID, epoch int64, session *Session) error {
	user, err := a.users.User(ctx, model.UserRef{ID: id})
	switch {
	case errors.Is(err, model.ErrUserNotFound):
		return model.ErrInvalidToken
	case err != nil:
		return model.ErrUnavailable.Because(err)
	case user.AccountStatus == model.AccountSuspended:
		return model.ErrUserSuspended
	case user.TokenEpoch != epoch:
		return model.ErrInvalidToken
	}
	session.Principal.User, session.TokenEpoch = user.ID, user.TokenEpoch
	return nil
}

func (a *Authenticator) onBehalf(ctx context.Context, reference string, session *Session) error {
	if !session.Principal.Admin() {
		return model.Forbidden("X-Parley-User needs a secret key")
	}
	user, err := a.users.User(ctx, model.ParseUserRef(reference))
	if errors.Is(err, model.ErrUserNotFound) {
		return model.Invalid("X-Parley-User", "no such user")
	}
	if err != nil {
		return model.ErrUnavailable.Because(err)
	}
	if session.Principal.User != 0 && session.Principal.User != user.ID {
		return errDisagree
	}
	if user.AccountStatus == model.AccountSuspended {
		return model.ErrUserSuspended
	}
	session.Principal.User, session.TokenEpoch = user.ID, user.TokenEpoch
	return nil
}
