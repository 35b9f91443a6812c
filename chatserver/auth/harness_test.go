package auth_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const project = "7d9f6c1e-demo"

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// users is the store as authentication sees it.
type users struct {
	known []model.User
	err   error // answered instead, when set
	asked int

	passes map[[32]byte]store.Pass
}

func (u *users) User(_ context.Context, ref model.UserRef) (model.User, error) {
	u.asked++
	if u.err != nil {
		return model.User{}, u.err
	}
	for _, user := range u.known {
		byID := ref.ID != 0 && ref.ID == user.ID
		byExternalID := ref.ExternalID != "" && ref.ExternalID == user.ExternalID
		byUsername := ref.Username != "" && ref.Username == user.Username
		if byID || byExternalID || byUsername {
			return user, nil
		}
	}
	return model.User{}, model.ErrUserNotFound
}

// TakePass gives a pass once.
func (u *users) TakePass(_ context.Context, hash [32]byte, now time.Time) (store.Pass, error) {
	pass, known := u.passes[hash]
	delete(u.passes, hash)
	switch {
	case u.err != nil:
		return store.Pass{}, u.err
	case !known || !now.Before(pass.ExpiresAt):
		return store.Pass{}, model.ErrInvalidToken
	}
	return pass, nil
}

var (
	ada   = model.User{ID: model.FirstID + 1, Username: "ada", ExternalID: "ext-ada", TokenEpoch: 3}
	grace = model.User{ID: model.FirstID + 2, Username: "grace"}
)

// fixture is a project with one key of each type, two users and a clock.
type fixture struct {
	Gomega
	t         *testing.T
	users     *users
	now       time.Time
	keys      keyset.File
	signing   keyset.SigningFile
	secretKey string
	publicKey string
	auth      *auth.Authenticator
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{
		Gomega: NewWithT(t), t: t, now: noon,
		users: &users{known: []model.User{ada, grace}},
		keys:  keyset.File{Project: project},
	}
	f.secretKey = f.mint(keyset.Entry{Type: keyset.Secret, Name: "backend"})
	f.publicKey = f.mint(keyset.Entry{Type: keyset.Public, Name: "web"})
	f.signing = keyset.SigningFile{Project: project, Keys: []keyset.SigningKey{f.signingKey()}}
	f.auth = auth.New(f.users, func() time.Time { return f.now }, f.loadKeys(), f.loadTokens())
	return f
}

// mint lists a key like the entry and returns its value.
func (f *fixture) mint(entry keyset.Entry) string {
	f.t.Helper()
	id, value, err := keyset.Mint(rand.Reader, entry.Type)
	f.Expect(err).NotTo(HaveOccurred())
	entry.ID, entry.Hash = id, keyset.Hash(value)
	f.keys.Keys = append(f.keys.Keys, entry)
	return value.Reveal()
}

func (f *fixture) signingKey() keyset.SigningKey {
	f.t.Helper()
	key, err := keyset.MintSigningKey(rand.Reader)
	f.Expect(err).NotTo(HaveOccurred())
	return key
}

func (f *fixture) loadKeys() *keyset.Set {
	f.t.Helper()
	encoded, err := f.keys.Encode()
	f.Expect(err).NotTo(HaveOccurred())
	keys, err := keyset.Load(encoded, project)
	f.Expect(err).NotTo(HaveOccurred())
	return keys
}

func (f *fixture) loadTokens() *auth.Tokens {
	f.t.Helper()
	encoded, err := keyset.EncodeSigning(f.signing)
	f.Expect(err).NotTo(HaveOccurred())
	tokens, err := auth.LoadTokens(encoded, project)
	f.Expect(err).NotTo(HaveOccurred())
	return tokens
}

// reload makes the authenticator take over the fixture's present keys.
func (f *fixture) reload() {
	f.t.Helper()
	f.auth.UseKeys(f.loadKeys())
	f.auth.UseTokens(f.loadTokens())
}

// token is good from now on for an hour.
func (f *fixture) token(user model.User) string {
	f.t.Helper()
	value, err := f.auth.Sign(user, f.now, f.now.Add(time.Hour))
	f.Expect(err).NotTo(HaveOccurred())
	return value.Reveal()
}

// goodClaims are those of a token for ada that is good from now on for an hour.
func (f *fixture) goodClaims() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": project, "aud": []string{project}, "sub": ada.ID.String(), "epoch": ada.TokenEpoch,
		"iat": f.now.Unix(), "exp": f.now.Add(time.Hour).Unix(),
	}
}

// forge signs claims as the project does, unless the changes say otherwise.
func (f *fixture) forge(claims jwt.MapClaims, changes ...func(*forgery)) string {
	f.t.Helper()
	forged := forgery{method: jwt.SigningMethodEdDSA, key: f.signing.Keys[0].Private(), kid: f.signing.Keys[0].ID}
	for _, change := range changes {
		change(&forged)
	}
	token := jwt.NewWithClaims(forged.method, claims)
	if forged.kid != nil {
		token.Header["kid"] = forged.kid
	}
	signed, err := token.SignedString(forged.key)
	f.Expect(err).NotTo(HaveOccurred())
	return signed
}

type forgery struct {
	method jwt.SigningMethod
	key    any
	kid    any
}

func (f *fixture) publicHalf() ed25519.PublicKey {
	f.t.Helper()
	public, ok := f.signing.Keys[0].Private().Public().(ed25519.PublicKey)
	f.Expect(ok).To(BeTrue())
	return public
}

func (f *fixture) authenticate(credentials auth.Credentials) (auth.Session, error) {
	f.t.Helper()
	return f.auth.Authenticate(f.t.Context(), credentials)
}

// refused checks that the credentials are refused with the code and leave
// nothing behind.
func (f *fixture) refused(credentials auth.Credentials, code string) {
	f.t.Helper()
	session, err := f.authenticate(credentials)
	f.Expect(err).To(HaveOccurred())
	f.Expect(model.AsError(err).Code).To(Equal(code), "%v", err)
	f.Expect(session).To(Equal(auth.Session{}))
}
