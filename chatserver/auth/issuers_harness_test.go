package auth_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/sqlite"
	"github.com/parley-chat/parley/test/issuer"
)

// storedUsers are users of a real store whose tokens the test may revoke.
type storedUsers struct {
	store     store.Store
	revokedAt time.Time // of everybody's tokens, or zero
	err       error     // answered instead, when set
	ensureErr error     // answered instead by EnsureUser, when set
}

func (u *storedUsers) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	if u.err != nil {
		return model.User{}, u.err
	}
	user, err := u.store.User(ctx, ref)
	if !u.revokedAt.IsZero() {
		user.TokensRevokedAt = &u.revokedAt
	}
	return user, err
}

func (u *storedUsers) TakePass(ctx context.Context, hash [32]byte, now time.Time) (store.Pass, error) {
	return u.store.TakePass(ctx, hash, now)
}

func (u *storedUsers) EnsureUser(ctx context.Context, externalID, displayName string) (model.User, error) {
	if u.ensureErr != nil {
		return model.User{}, u.ensureErr
	}
	user, err := u.store.CreateUser(ctx, store.NewUser{ExternalID: externalID, DisplayName: displayName, Properties: []byte("{}")})
	if errors.Is(err, model.ErrUserExists) {
		return u.User(ctx, model.UserRef{ExternalID: externalID})
	}
	return user, err
}

// foreign is a project that trusts one issuer, with the user ext-ada, a clock
// and a log.
type foreign struct {
	*fixture
	issuer  *issuer.Issuer
	stored  *storedUsers
	ada     model.User
	issuers *auth.Issuers
	metrics *prometheus.Registry

	stranger *issuer.Issuer // whom nobody trusts, once added
}

func newForeign(t *testing.T, changes ...func(*config.Issuer)) *foreign {
	t.Helper()
	f := &foreign{fixture: newFixture(t), issuer: issuer.Start(t, "https://login.example.com/")}
	opened, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "parley.db"), Project: project})
	f.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { f.Expect(opened.Close()).To(Succeed()) })
	f.ada, err = opened.CreateUser(t.Context(), store.NewUser{ExternalID: "ext-ada", Properties: []byte("{}")})
	f.Expect(err).NotTo(HaveOccurred())
	f.stored = &storedUsers{store: opened}
	settings := f.issuer.Settings()
	for _, change := range changes {
		change(&settings)
	}
	f.trust(settings)
	return f
}

// trust has an authenticator of its own accept the tokens of the issuers, and
// checks in the end that their log has no part of a token.
func (f *foreign) trust(trusted ...config.Issuer) {
	f.t.Helper()
	var log bytes.Buffer
	f.metrics = prometheus.NewRegistry()
	f.issuers = auth.NewIssuers(auth.IssuersOptions{
		Issuers: trusted, Users: f.stored, Now: func() time.Time { return f.now },
		Metrics: auth.NewMetrics(f.metrics),
		Logger:  slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	f.auth = auth.New(f.stored, func() time.Time { return f.now }, f.loadKeys(), f.loadTokens())
	f.auth.UseIssuers(f.issuers)
	issuers := f.issuers
	f.t.Cleanup(func() {
		issuers.Close()
		f.Expect(log.String()).NotTo(ContainSubstring("eyJ"), "every part of a token begins so")
	})
}

// claims are those of a token for ext-ada that is good from now on for an hour.
func (f *foreign) claims() jwt.MapClaims { return f.issuer.Claims("ext-ada", f.now) }

// good is a token of the issuer's first key.
func (f *foreign) good() string { return f.issuer.Sign(issuer.FirstKey, f.claims()) }

func (f *foreign) accepted(token string) auth.Session {
	f.t.Helper()
	session, err := f.authenticate(auth.Credentials{Token: token})
	f.Expect(err).NotTo(HaveOccurred())
	return session
}

func (f *foreign) refusedToken(token, code string) {
	f.t.Helper()
	f.refused(auth.Credentials{Token: token}, code)
}

// addStranger runs an issuer that is not trusted and has the key too.
func (f *foreign) addStranger(key *rsa.PrivateKey) {
	f.t.Helper()
	f.stranger = issuer.Start(f.t, "https://login.example.org/")
	f.stranger.Publish("stranger", key)
}

// forgeForeign signs good claims of the issuer in the way that is given.
func (f *foreign) forgeForeign(forged forgery, header map[string]any) string {
	f.t.Helper()
	token := jwt.NewWithClaims(forged.method, f.claims())
	maps.Copy(token.Header, header)
	if forged.kid != nil {
		token.Header["kid"] = forged.kid
	}
	signed, err := token.SignedString(forged.key)
	f.Expect(err).NotTo(HaveOccurred())
	return signed
}

func newRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return key
}

// publishECDSA has the issuer publish a key on the curve.
func (f *foreign) publishECDSA(kid string, curve elliptic.Curve) *ecdsa.PrivateKey {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	f.Expect(err).NotTo(HaveOccurred())
	f.issuer.Publish(kid, key)
	return key
}
