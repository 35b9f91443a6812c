package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

func TestGoodCredentialsSayWhoAsks(t *testing.T) {
	for _, example := range []struct {
		rule        string
		credentials func(*fixture) auth.Credentials
		keyName     string
		user        model.UserID
		admin       bool
		expires     bool
	}{
		{
			"a secret key is admin of the project",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.secretKey} }, "backend", 0, true, false,
		},
		{
			"a public key is nobody",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.publicKey} }, "web", 0, false, false,
		},
		{
			"a public key may come from a browser",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.publicKey, Origin: "https://any.example"}
			}, "web", 0, false, false,
		},
		{
			"a token is its user",
			func(f *fixture) auth.Credentials { return auth.Credentials{Token: f.token(ada)} }, "", ada.ID, false, true,
		},
		{
			"a token may come from a browser",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Token: f.token(ada), Origin: "https://any.example"}
			}, "", ada.ID, false, true,
		},
		{
			"a public key and a token are the user",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.publicKey, Token: f.token(ada)} }, "web", ada.ID, false, true,
		},
		{
			"a secret key and a token are an admin that acts as the user",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.secretKey, Token: f.token(ada)} }, "backend", ada.ID, true, true,
		},
		{
			"a secret key acts for a user by id",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, OnBehalf: ada.ID.String()}
			}, "backend", ada.ID, true, false,
		},
		{
			"a secret key acts for a user by external id",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.secretKey, OnBehalf: "ext-ada"} }, "backend", ada.ID, true, false,
		},
		{
			"a secret key acts for a user by username",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, OnBehalf: "username:grace"}
			}, "backend", grace.ID, true, false,
		},
		{
			"a token and the user that a key acts for may agree",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, Token: f.token(ada), OnBehalf: "username:ada"}
			}, "backend", ada.ID, true, true,
		},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			session, err := f.authenticate(example.credentials(f))
			f.Expect(err).NotTo(HaveOccurred())
			f.Expect(session.Principal.User).To(Equal(example.user))
			f.Expect(session.Principal.Admin()).To(Equal(example.admin))
			if example.keyName == "" {
				f.Expect(session.Principal.Key).To(BeNil())
			} else {
				f.Expect(session.Principal.Key.Name).To(Equal(example.keyName))
			}
			want := time.Time{}
			if example.expires {
				want = noon.Add(time.Hour)
			}
			f.Expect(session.ExpiresAt).To(BeTemporally("==", want))
		})
	}
}

func TestBadCredentialsAreRefused(t *testing.T) {
	for _, example := range []struct {
		rule        string
		credentials func(*fixture) auth.Credentials
		code        string
	}{
		{"nothing", func(*fixture) auth.Credentials { return auth.Credentials{} }, "unauthenticated"},
		{
			"an origin and a user alone are no credential",
			func(*fixture) auth.Credentials { return auth.Credentials{OnBehalf: "username:ada", Origin: "null"} }, "unauthenticated",
		},
		{"a key that is none", func(*fixture) auth.Credentials { return auth.Credentials{Key: "secret"} }, "invalid_key"},
		{
			"a key of another project",
			func(t *fixture) auth.Credentials { return auth.Credentials{Key: newFixture(t.t).secretKey} }, "invalid_key",
		},
		{
			"a bad key beside a good token",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: "sk_", Token: f.token(ada)} }, "invalid_key",
		},
		{
			"a bad token beside a good key",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.secretKey, Token: "x"} }, "invalid_token",
		},
		{
			"a secret key in a browser",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, Origin: "https://any.example"}
			}, "secret_key_in_browser",
		},
		{
			"a secret key in a browser beside a good token",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, Token: f.token(ada), Origin: "null"}
			}, "secret_key_in_browser",
		},
		{
			"a public key acting for a user",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.publicKey, OnBehalf: "username:ada"}
			}, "permission_denied",
		},
		{
			"a token acting for another user",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Token: f.token(ada), OnBehalf: "username:grace"}
			}, "permission_denied",
		},
		{
			"a token acting for its own user, which needs no header",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Token: f.token(ada), OnBehalf: "username:ada"}
			}, "permission_denied",
		},
		{
			"a secret key acting for nobody that exists",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, OnBehalf: "username:nobody"}
			}, "invalid_request",
		},
		{
			"a secret key acting for an empty username",
			func(f *fixture) auth.Credentials { return auth.Credentials{Key: f.secretKey, OnBehalf: "username:"} }, "invalid_request",
		},
		{
			"a token and a user that a key acts for, who differ",
			func(f *fixture) auth.Credentials {
				return auth.Credentials{Key: f.secretKey, Token: f.token(ada), OnBehalf: "username:grace"}
			}, "credentials_disagree",
		},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			f.refused(example.credentials(f), example.code)
		})
	}
}

func TestAPublicKeyIsBoundToItsOrigins(t *testing.T) {
	f := newFixture(t)
	bound := f.mint(keyset.Entry{Type: keyset.Public, AllowedOrigins: []string{"https://a.example"}})
	f.reload()
	_, err := f.authenticate(auth.Credentials{Key: bound, Origin: "https://a.example"})
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.authenticate(auth.Credentials{Key: bound})
	f.Expect(err).NotTo(HaveOccurred(), "an app that is no browser sends no origin")
	f.refused(auth.Credentials{Key: bound, Origin: "https://b.example"}, "origin_not_allowed")
	f.refused(auth.Credentials{Key: bound, Token: f.token(ada), Origin: "null"}, "origin_not_allowed")
}

func TestAKeyIsRefusedOnceItsTimeIsOver(t *testing.T) {
	f := newFixture(t)
	end := noon.Add(time.Minute)
	expiring := f.mint(keyset.Entry{Type: keyset.Secret, NotAfter: &end})
	f.reload()
	session, err := f.authenticate(auth.Credentials{Key: expiring})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(f.auth.Holds(*session.Principal.Key)).To(BeTrue())
	f.now = end
	f.refused(auth.Credentials{Key: expiring}, "invalid_key")
	f.Expect(f.auth.Holds(*session.Principal.Key)).To(BeFalse(), "its open sessions end too")
}

func TestAStoreThatFailsIsNoRefusalOfTheCredentials(t *testing.T) {
	for _, cause := range []error{errors.New("connection refused"), context.DeadlineExceeded} {
		f := newFixture(t)
		token := f.token(ada)
		f.users.err = cause
		f.refused(auth.Credentials{Token: token}, "unavailable")
		f.refused(auth.Credentials{Key: f.secretKey, OnBehalf: "username:ada"}, "unavailable")
		_, err := f.authenticate(auth.Credentials{Token: token})
		f.Expect(err).To(MatchError(cause), "the log has the cause")
	}
}

func TestRefusedCredentialsCostTheStoreNothing(t *testing.T) {
	f := newFixture(t)
	f.refused(auth.Credentials{Key: "sk_x", Token: f.token(ada)}, "invalid_key")
	f.refused(auth.Credentials{Token: "a.b.c"}, "invalid_token")
	f.refused(auth.Credentials{Key: f.publicKey, OnBehalf: "username:ada"}, "permission_denied")
	f.Expect(f.users.asked).To(BeZero())
}

func TestKeysAreReplacedWhileTheServerRuns(t *testing.T) {
	f := newFixture(t)
	old, err := f.authenticate(auth.Credentials{Key: f.secretKey})
	f.Expect(err).NotTo(HaveOccurred())
	before := f.auth.Keys().Revision()

	f.keys.Keys = nil
	next := f.mint(keyset.Entry{Type: keyset.Secret})
	f.refused(auth.Credentials{Key: next}, "invalid_key")
	f.reload()
	_, err = f.authenticate(auth.Credentials{Key: next})
	f.Expect(err).NotTo(HaveOccurred())
	f.refused(auth.Credentials{Key: f.secretKey}, "invalid_key")
	f.Expect(f.auth.Holds(*old.Principal.Key)).To(BeFalse())
	f.Expect(f.auth.Keys().Revision()).NotTo(Equal(before))
}

func TestKeysMayBeReplacedWhileRequestsAreChecked(t *testing.T) {
	f := newFixture(t)
	credentials := auth.Credentials{Key: f.publicKey, Token: f.token(ada)}
	keys, tokens := f.loadKeys(), f.loadTokens()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			f.auth.UseKeys(keys)
			f.auth.UseTokens(tokens)
		}
	}()
	for range 50 {
		_, err := f.authenticate(credentials)
		f.Expect(err).NotTo(HaveOccurred())
	}
	<-done
}
