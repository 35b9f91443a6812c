package auth

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// Tokens signs and verifies user tokens: JWTs (RFC 7519) with EdDSA. It never
// changes, so any number of goroutines may share it.
type Tokens struct {
	project string
	signing keyset.SigningKey
	byID    map[string]verifyingKey
}

// verifyingKey is the public half of a signing key, derived once.
type verifyingKey struct {
	public   ed25519.PublicKey
	notAfter *time.Time
}

// claims is what a user token says. Epoch is the user's token epoch at the time
// of signing: raising the user's epoch revokes all tokens before.
type claims struct {
	jwt.RegisteredClaims
	Epoch int64 `json:"epoch"`
}

// LoadTokens reads an encoded keyset.SigningFile that must belong to the project.
func LoadTokens(encoded []byte, project string) (*Tokens, error) {
	file, err := keyset.DecodeSigning(encoded, project)
	if err != nil {
		return nil, err
	}
	tokens := &Tokens{project: project, signing: file.Keys[0], byID: make(map[string]verifyingKey, len(file.Keys))}
	for _, key := range file.Keys {
		// Ed25519 private keys always have Ed25519 public ones.
		public, _ := key.Private().Public().(ed25519.PublicKey)
		tokens.byID[key.ID] = verifyingKey{public: public, notAfter: key.NotAfter}
	}
	return tokens, nil
}

// Sign returns a token for the user.
func (t *Tokens) Sign(user model.User, issued, expires time.Time) (model.Secret, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    t.project,
			Audience:  jwt.ClaimStrings{t.project},
			Subject:   user.ID.String(),
			IssuedAt:  jwt.NewNumericDate(issued),
			ExpiresAt: jwt.NewNumericDate(expires),
		},
		Epoch: user.TokenEpoch,
	})
	token.Header["kid"] = t.signing.ID
	signed, err := token.SignedString(t.signing.Private())
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return model.Secret(signed), nil
}

// verified is what a good token says.
type verified struct {
	user      model.UserID
	epoch     int64
	expiresAt time.Time
}

// clockSkew is how far the clocks of two pods, or of an issuer, may differ.
const clockSkew = 30 * time.Second

func (t *Tokens) verify(presented string, now time.Time) (verified, error) {
	var said claims
	_, err := jwt.ParseWithClaims(presented, &said, func(token *jwt.Token) (any, error) { return t.publicKey(token, now) },
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(t.project), jwt.WithAudience(t.project),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err != nil {
		return verified{}, refusal(err)
	}
	id, ok := model.ParseID(said.Subject)
	if !ok {
		return verified{}, model.ErrInvalidToken
	}
	return verified{user: model.UserID(id), epoch: said.Epoch, expiresAt: said.ExpiresAt.Time}, nil
}

// refusal is what the bearer of a bad token is told.
func refusal(err error) error {
	if errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return model.ErrTokenExpired
	}
	return model.ErrInvalidToken
}

func (t *Tokens) publicKey(token *jwt.Token, now time.Time) (any, error) {
	id, _ := token.Header["kid"].(string)
	if key, ok := t.verifyingKey(id, now); ok {
		return key, nil
	}
	return nil, jwt.ErrTokenUnverifiable
}

// verifyingKey finds a key whose time is not over.
func (t *Tokens) verifyingKey(id string, now time.Time) (ed25519.PublicKey, bool) {
	key, ok := t.byID[id]
	if !ok || (key.notAfter != nil && !now.Before(*key.notAfter)) {
		return nil, false
	}
	return key.public, true
}

// verifyRevocation reads a notice that one of the keys signed.
func (t *Tokens) verifyRevocation(notice string, now time.Time) (keyset.Revocation, error) {
	return keyset.VerifyRevocation(notice, t.project,
		func(kid string) (ed25519.PublicKey, bool) { return t.verifyingKey(kid, now) }, now)
}
