package auth

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/chatserver/chat"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
)

// MaxTokenBytes bounds a user token, whoever issued it.
const MaxTokenBytes = 8 << 10

// UserCreator makes the users that come with a token of their issuer before
// anybody created them.
type UserCreator interface {
	// EnsureUser returns the user with the external id, created if need be. An
	// external id that no user may have gives an error of model.KindInvalid.
	EnsureUser(ctx context.Context, externalID, displayName string) (model.User, error)
}

// IssuersOptions are what issuers stand on.
type IssuersOptions struct {
	Issuers []config.Issuer // checked ones
	Users   UserCreator
	Now     func() time.Time
	Metrics *Metrics
	Logger  *slog.Logger
}

// Issuers are the tenant's own identity providers. All methods are safe for
// concurrent use.
type Issuers struct{ byName map[string]*issuer }

// NewIssuers makes issuers whose keys are fetched when the first token comes.
// Close ends them.
func NewIssuers(options IssuersOptions) *Issuers {
	issuers := &Issuers{byName: make(map[string]*issuer, len(options.Issuers))}
	for _, settings := range options.Issuers {
		issuers.byName[settings.Issuer] = &issuer{
			settings: settings,
			users:    options.Users,
			keys:     newRemoteKeys(settings, options),
			parser: jwt.NewParser(
				jwt.WithValidMethods(settings.Algorithms), jwt.WithStrictDecoding(),
				jwt.WithIssuer(settings.Issuer), jwt.WithAudience(settings.Audience),
				jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew),
				jwt.WithTimeFunc(options.Now)),
		}
	}
	return issuers
}

// Close ends running requests to the issuers and waits for them. Tokens that
// come later are checked with the keys that are known.
func (i *Issuers) Close() {
	for _, issuer := range i.byName {
		issuer.keys.close()
	}
}

// of finds who is responsible for a token, going by what it claims.
func (i *Issuers) of(presented string) (*issuer, bool) {
	if len(i.byName) == 0 {
		return nil, false
	}
	said := jwt.MapClaims{}
	if _, _, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(presented, said); err != nil {
		return nil, false
	}
	name, _ := said["iss"].(string)
	found, ok := i.byName[name]
	return found, ok
}

// issuer is one identity provider.
type issuer struct {
	settings config.Issuer
	users    UserCreator
	keys     *remoteKeys
	parser   *jwt.Parser
}

// foreignClaims are what a good token of an issuer says.
type foreignClaims struct {
	externalID  string
	displayName string
	issuedAt    time.Time // zero: it does not say
	expiresAt   time.Time
}

func (i *issuer) verify(ctx context.Context, presented string) (foreignClaims, error) {
	said := jwt.MapClaims{}
	_, err := i.parser.ParseWithClaims(presented, said, func(token *jwt.Token) (any, error) { return i.publicKey(ctx, token) })
	if errors.Is(err, model.ErrUnavailable) {
		return foreignClaims{}, model.ErrUnavailable.Because(err)
	}
	if err != nil {
		return foreignClaims{}, refusal(err)
	}
	claims := foreignClaims{}
	claims.displayName, _ = said[i.settings.DisplayNameClaim].(string)
	claims.externalID, _ = said[i.settings.UserClaim].(string)
	if !isStorable(claims.externalID) {
		return foreignClaims{}, model.ErrInvalidToken
	}
	expires, err := said.GetExpirationTime()
	if err != nil {
		return foreignClaims{}, refusal(err)
	}
	claims.expiresAt = expires.Time
	if issued, err := said.GetIssuedAt(); err == nil && issued != nil {
		claims.issuedAt = issued.Time
	}
	return claims, nil
}

// publicKey finds the key that the token names. What the token's header brings
// along beside the name, keys and addresses included, is never looked at.
func (i *issuer) publicKey(ctx context.Context, token *jwt.Token) (any, error) {
	// RFC 7515, section 4.1.11: who does not understand an extension that is
	// marked as critical must refuse the token. There is none that we understand.
	if _, critical := token.Header["crit"]; critical {
		return nil, jwt.ErrTokenUnverifiable
	}
	id, _ := token.Header["kid"].(string)
	if id == "" {
		return nil, jwt.ErrTokenUnverifiable
	}
	return i.keys.find(ctx, keyName{id: id, algorithm: token.Method.Alg()})
}

// isStorable reports whether an external id could be one of a user. Broken text
// becomes the replacement character when JSON is decoded: two users that differ
// in nothing else must not become one.
func isStorable(externalID string) bool {
	return externalID != "" && utf8.RuneCountInString(externalID) <= chat.MaxIdentifierLength &&
		!strings.ContainsAny(externalID, "\x00"+string(utf8.RuneError))
}

// foreignToken finds the user of a token that an issuer made.
func (a *Authenticator) foreignToken(ctx context.Context, from *issuer, presented string, session *Session) error {
	said, err := from.verify(ctx, presented)
	if err != nil {
		return err
	}
	user, err := a.users.User(ctx, model.UserRef{ExternalID: said.externalID})
	if errors.Is(err, model.ErrUserNotFound) && from.settings.CreateUsers {
		user, err = from.users.EnsureUser(ctx, said.externalID, said.displayName)
	}
	switch {
	case errors.Is(err, model.ErrUserNotFound), err != nil && model.AsError(err).Kind == model.KindInvalid:
		return model.ErrInvalidToken.Because(err)
	case err != nil:
		return model.ErrUnavailable.Because(err)
	case user.AccountStatus == model.AccountSuspended:
		return model.ErrUserSuspended
	case user.TokensRevokedAt != nil && said.issuedAt.Before(*user.TokensRevokedAt):
		return model.ErrInvalidToken
	}
	session.Principal.User, session.TokenEpoch = user.ID, user.TokenEpoch
	session.ExpiresAt = said.expiresAt
	return nil
}
