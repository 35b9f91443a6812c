package auth_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// presentPass has the store know a pass like the given one, and presents it.
func (f *fixture) presentPass(pass store.Pass, credentials auth.Credentials) (auth.Session, error) {
	value := "pcp_" + strings.Repeat("x", 43)
	if pass.ExpiresAt.IsZero() {
		pass.ExpiresAt = f.now.Add(time.Second)
	}
	f.users.passes = map[[32]byte]store.Pass{sha256.Sum256([]byte(value)): pass}
	credentials.Pass = value
	return f.auth.Authenticate(f.t.Context(), credentials)
}

func TestAPassLetsItsUserInOnce(t *testing.T) {
	f := newFixture(t)
	ends := f.now.Add(time.Hour)
	session, err := f.presentPass(store.Pass{User: ada.ID, Epoch: ada.TokenEpoch, SessionExpiresAt: ends}, auth.Credentials{})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(session.Principal.User).To(Equal(ada.ID))
	f.Expect(session.Principal.Key).To(BeNil())
	f.Expect(session.ExpiresAt).To(Equal(ends))
	f.Expect(session.TokenEpoch).To(Equal(ada.TokenEpoch))
	_, err = f.auth.Authenticate(t.Context(), auth.Credentials{Pass: "pcp_" + strings.Repeat("x", 43)})
	f.Expect(err).To(MatchError(model.ErrInvalidToken))
}

func TestAPassIsRefusedWhenWhatItStandsForIsOver(t *testing.T) {
	f := newFixture(t)
	_, publicID, _ := keyset.Parse(f.publicKey)
	bound := f.mint(keyset.Entry{Type: keyset.Public, AllowedOrigins: []string{"https://shop.example.com"}})
	_, boundID, _ := keyset.Parse(bound)
	f.reload()
	good := store.Pass{User: ada.ID, Epoch: ada.TokenEpoch}
	for _, example := range []struct {
		rule        string
		pass        func(*store.Pass)
		credentials auth.Credentials
		want        error
	}{
		{"expired", func(p *store.Pass) { p.ExpiresAt = f.now }, auth.Credentials{}, model.ErrInvalidToken},
		{"of an older epoch", func(p *store.Pass) { p.Epoch-- }, auth.Credentials{}, model.ErrInvalidToken},
		{"of a user who is gone", func(p *store.Pass) { p.User = 7 }, auth.Credentials{}, model.ErrInvalidToken},
		{"of a key that is gone", func(p *store.Pass) { p.KeyID = "gone" }, auth.Credentials{}, model.ErrInvalidKey},
		{"of a key", func(p *store.Pass) { p.KeyID = publicID }, auth.Credentials{Origin: "https://any.example.com"}, nil},
		{"of a key for other pages", func(p *store.Pass) { p.KeyID = boundID }, auth.Credentials{Origin: "https://any.example.com"}, model.Forbidden("").Because(nil)},
		{"of a key for this page", func(p *store.Pass) { p.KeyID = boundID }, auth.Credentials{Origin: "https://shop.example.com"}, nil},
		{"beside a token", func(*store.Pass) {}, auth.Credentials{Token: "x"}, model.Forbidden("").Because(nil)},
		{"beside a key", func(*store.Pass) {}, auth.Credentials{Key: f.publicKey}, model.Forbidden("").Because(nil)},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			pass := good
			example.pass(&pass)
			_, err := f.presentPass(pass, example.credentials)
			switch {
			case example.want == nil:
				g.Expect(err).NotTo(HaveOccurred())
			case model.AsError(example.want).Kind == model.KindForbidden:
				g.Expect(err).To(HaveField("Kind", model.KindForbidden))
			default:
				g.Expect(err).To(MatchError(example.want))
			}
		})
	}
}

func TestASuspendedUserIsRefusedWhateverCredentialIsGood(t *testing.T) {
	f := newFixture(t)
	suspended := ada
	suspended.AccountStatus = model.AccountSuspended
	token := f.token(ada)
	f.users.known[0] = suspended
	for name, credentials := range map[string]auth.Credentials{
		"a token": {Token: token}, "on behalf": {Key: f.secretKey, OnBehalf: "username:ada"},
	} {
		_, err := f.auth.Authenticate(t.Context(), credentials)
		f.Expect(err).To(MatchError(model.ErrUserSuspended), name)
	}
	_, err := f.presentPass(store.Pass{User: ada.ID, Epoch: ada.TokenEpoch}, auth.Credentials{})
	f.Expect(err).To(MatchError(model.ErrUserSuspended))
}
