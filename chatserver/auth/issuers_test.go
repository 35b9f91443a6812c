package auth_test

import (
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/issuer"
)

func TestATokenOfAnIssuerIsItsUser(t *testing.T) {
	f := newForeign(t)
	f.issuer.Publish("rsa", newRSA(t, 2048))
	f.publishECDSA("ec", elliptic.P256())
	for _, kid := range []string{issuer.FirstKey, "rsa", "ec"} {
		session := f.accepted(f.issuer.Sign(kid, f.claims()))
		f.Expect(session.Principal.User).To(Equal(f.ada.ID))
		f.Expect(session.Principal.Admin()).To(BeFalse())
		f.Expect(session.ExpiresAt).To(BeTemporally("==", noon.Add(time.Hour)))
	}
}

func TestTheProjectsOwnTokensCountBesideThoseOfAnIssuer(t *testing.T) {
	f := newForeign(t)
	f.Expect(f.accepted(f.token(f.ada)).Principal.User).To(Equal(f.ada.ID))
	f.Expect(f.issuer.Requests()).To(BeZero())
}

func TestATokenOfAnIssuerThatIsSignedInAnotherWayIsRefused(t *testing.T) {
	ours, theirs := newRSA(t, 2048), newRSA(t, 2048)
	for _, example := range []struct {
		rule   string
		change func(*foreign, *forgery, map[string]any) // the map is of further headers
	}{
		{"by no algorithm", func(_ *foreign, forged *forgery, _ map[string]any) {
			forged.method, forged.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
		}},
		{"by HMAC with the bytes of the public key", func(_ *foreign, forged *forgery, _ map[string]any) {
			forged.method, forged.key = jwt.SigningMethodHS256, publicDER(forged)
		}},
		{"by HMAC with the public key as PEM", func(_ *foreign, forged *forgery, _ map[string]any) {
			block := &pem.Block{Type: "PUBLIC KEY", Bytes: publicDER(forged)}
			forged.method, forged.key = jwt.SigningMethodHS256, pem.EncodeToMemory(block)
		}},
		{"by HMAC with an empty key", func(_ *foreign, forged *forgery, _ map[string]any) {
			forged.method, forged.key = jwt.SigningMethodHS256, []byte{}
		}},
		{"by a longer hash than is allowed", func(_ *foreign, forged *forgery, _ map[string]any) {
			forged.method = jwt.SigningMethodRS512
		}},
		{"by a padding that is not allowed", func(_ *foreign, forged *forgery, _ map[string]any) {
			forged.method = jwt.SigningMethodPS256
		}},
		{"by one key under the kid of another kind", func(_ *foreign, forged *forgery, _ map[string]any) { forged.kid = issuer.FirstKey }},
		{"by another key under the kid", func(_ *foreign, forged *forgery, _ map[string]any) { forged.key = theirs }},
		{"by the project's own key", func(f *foreign, forged *forgery, _ map[string]any) {
			forged.method, forged.key, forged.kid = jwt.SigningMethodEdDSA, f.signing.Keys[0].Private(), f.signing.Keys[0].ID
		}},
		{"under an unknown kid", func(_ *foreign, forged *forgery, _ map[string]any) { forged.kid = "unknown" }},
		{"under an empty kid", func(_ *foreign, forged *forgery, _ map[string]any) { forged.kid = "" }},
		{"without a kid", func(_ *foreign, forged *forgery, _ map[string]any) { forged.kid = nil }},
		{"under a kid that is no text", func(_ *foreign, forged *forgery, _ map[string]any) { forged.kid = []string{"rsa"} }},
		{"with an extension that must be understood", func(_ *foreign, _ *forgery, header map[string]any) { header["crit"] = []string{"b64"} }},
		{"by a key that the token brings along", func(f *foreign, forged *forgery, header map[string]any) {
			forged.key, forged.kid = theirs, "stranger"
			header["jku"] = f.stranger.Settings().JWKSURL
		}},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newForeign(t)
			f.issuer.Publish("rsa", ours)
			f.addStranger(theirs)
			forged := forgery{method: jwt.SigningMethodRS256, key: ours, kid: "rsa"}
			f.accepted(f.issuer.Sign("rsa", f.claims()))
			header := map[string]any{}
			example.change(f, &forged, header)
			f.refusedToken(f.forgeForeign(forged, header), "invalid_token")
			f.Expect(f.stranger.Requests()).To(BeZero())
		})
	}
}

// publicDER is the public half of the key that would sign, as everybody knows it.
func publicDER(forged *forgery) []byte {
	private, _ := forged.key.(*rsa.PrivateKey)
	encoded, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		panic(err)
	}
	return encoded
}

func TestATokenOfAnIssuerThatClaimsSomethingElseIsRefused(t *testing.T) {
	for _, example := range []struct {
		rule   string
		change func(claims jwt.MapClaims)
		code   string // empty: accepted
	}{
		{"nothing else", func(jwt.MapClaims) {}, ""},
		{"the audience alone", func(c jwt.MapClaims) { c["aud"] = issuer.Audience }, ""},
		{"another audience", func(c jwt.MapClaims) { c["aud"] = "other" }, "invalid_token"},
		{"an audience that has ours as a part", func(c jwt.MapClaims) { c["aud"] = issuer.Audience + "2" }, "invalid_token"},
		{"no audience", func(c jwt.MapClaims) { delete(c, "aud") }, "invalid_token"},
		{"an unknown issuer", func(c jwt.MapClaims) { c["iss"] = "https://login.example.org/" }, "invalid_token"},
		{"the issuer without its last slash", func(c jwt.MapClaims) { c["iss"] = "https://login.example.com" }, "invalid_token"},
		{"the issuer in capitals", func(c jwt.MapClaims) { c["iss"] = "HTTPS://LOGIN.EXAMPLE.COM/" }, "invalid_token"},
		{"several issuers", func(c jwt.MapClaims) { c["iss"] = []string{"https://login.example.com/"} }, "invalid_token"},
		{"the project as issuer", func(c jwt.MapClaims) { c["iss"], c["aud"] = project, project }, "invalid_token"},
		{"no issuer", func(c jwt.MapClaims) { delete(c, "iss") }, "invalid_token"},
		{"no end", func(c jwt.MapClaims) { delete(c, "exp") }, "invalid_token"},
		{"an end that is no number", func(c jwt.MapClaims) { c["exp"] = "tomorrow" }, "invalid_token"},
		{"an end in the past", func(c jwt.MapClaims) { c["exp"] = noon.Add(-time.Hour).Unix() }, "token_expired"},
		{"an end within the skew", func(c jwt.MapClaims) { c["exp"] = noon.Add(-skew + time.Second).Unix() }, ""},
		{"an end before the skew", func(c jwt.MapClaims) { c["exp"] = noon.Add(-skew).Unix() }, "token_expired"},
		{"a beginning within the skew", func(c jwt.MapClaims) { c["nbf"] = noon.Add(skew).Unix() }, ""},
		{"a beginning after the skew", func(c jwt.MapClaims) { c["nbf"] = noon.Add(skew + time.Second).Unix() }, "invalid_token"},
		{"an issue within the skew", func(c jwt.MapClaims) { c["iat"] = noon.Add(skew).Unix() }, ""},
		{"an issue after the skew", func(c jwt.MapClaims) { c["iat"] = noon.Add(skew + time.Second).Unix() }, "invalid_token"},
		{"an issue that is no number", func(c jwt.MapClaims) { c["iat"] = "now" }, "invalid_token"},
		{"no issue", func(c jwt.MapClaims) { delete(c, "iat") }, ""},
		{"no user", func(c jwt.MapClaims) { delete(c, "sub") }, "invalid_token"},
		{"an empty user", func(c jwt.MapClaims) { c["sub"] = "" }, "invalid_token"},
		{"a user that is a number", func(c jwt.MapClaims) { c["sub"] = 5 }, "invalid_token"},
		{"a user that does not exist", func(c jwt.MapClaims) { c["sub"] = "ext-nobody" }, "invalid_token"},
		{"a user by an explicit reference", func(c jwt.MapClaims) { c["sub"] = "external:ext-ada" }, "invalid_token"},
		{"a user with NUL", func(c jwt.MapClaims) { c["sub"] = "ext-ada\x00" }, "invalid_token"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newForeign(t)
			claims := f.claims()
			example.change(claims)
			token := f.issuer.Sign(issuer.FirstKey, claims)
			if example.code != "" {
				f.refusedToken(token, example.code)
				return
			}
			f.Expect(f.accepted(token).Principal.User).To(Equal(f.ada.ID))
		})
	}
}

func TestAnAlgorithmThatTheTenantLeftOutIsRefused(t *testing.T) {
	f := newForeign(t, func(settings *config.Issuer) { settings.Algorithms = []string{"ES256"} })
	f.publishECDSA("ec", elliptic.P256())
	f.accepted(f.issuer.Sign("ec", f.claims()))
	f.refusedToken(f.good(), "invalid_token")
}

func TestATokenHasALimitOfSize(t *testing.T) {
	f := newForeign(t)
	key := f.publishECDSA("k", elliptic.P256())
	// Base64 has no text of a length that leaves 1 over at the division by 4:
	// where the claims cannot fill the size, a longer kid does.
	sized := func(size int) string {
		for kid := "k"; len(kid) < 4; kid += "k" {
			f.issuer.Publish(kid, key)
			claims := f.claims()
			missing := size - len(f.issuer.Sign(kid, claims))
			for length := missing*3/4 - 20; length < missing*3/4; length++ {
				claims["pad"] = strings.Repeat("a", length)
				if token := f.issuer.Sign(kid, claims); len(token) == size {
					return token
				}
			}
		}
		return ""
	}
	f.accepted(sized(auth.MaxTokenBytes))
	tooLarge := sized(auth.MaxTokenBytes + 1)
	f.Expect(tooLarge).NotTo(BeEmpty())
	f.refusedToken(tooLarge, "invalid_token")
}

func TestEachIssuerSpeaksForItselfAlone(t *testing.T) {
	f := newForeign(t)
	f.addStranger(newRSA(t, 2048))
	other := f.stranger.Settings()
	other.Audience = "other audience"
	f.trust(f.issuer.Settings(), other)

	claims := f.stranger.Claims("ext-ada", f.now)
	f.refusedToken(f.stranger.Sign("stranger", claims), "invalid_token")
	claims["aud"] = other.Audience
	f.accepted(f.stranger.Sign("stranger", claims))
	claims["iss"], claims["aud"] = f.issuer.Name, issuer.Audience
	f.refusedToken(f.stranger.Sign("stranger", claims), "invalid_token")
	f.accepted(f.good())
}

func TestTheTenantChoosesTheClaimThatIsTheUser(t *testing.T) {
	f := newForeign(t, func(settings *config.Issuer) { settings.UserClaim = "https://example.com/uid" })
	claims := f.claims()
	f.refusedToken(f.issuer.Sign(issuer.FirstKey, claims), "invalid_token")
	claims["sub"], claims["https://example.com/uid"] = "somebody else", "ext-ada"
	f.Expect(f.accepted(f.issuer.Sign(issuer.FirstKey, claims)).Principal.User).To(Equal(f.ada.ID))
}

func createUsers(settings *config.Issuer) {
	settings.CreateUsers, settings.DisplayNameClaim = true, "name"
}

func TestAnUnknownUserIsCreatedWhereTheTenantWantsIt(t *testing.T) {
	f := newForeign(t, createUsers)
	claims := f.issuer.Claims("ext-new", f.now)
	claims["name"] = "New"
	session := f.accepted(f.issuer.Sign(issuer.FirstKey, claims))
	user, err := f.stored.store.User(t.Context(), model.UserRef{ExternalID: "ext-new"})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(session.Principal.User).To(Equal(user.ID))
	f.Expect(user.DisplayName).To(Equal("New"))
	f.Expect(user.Guest).To(BeFalse())

	claims["name"] = "Newer"
	f.Expect(f.accepted(f.issuer.Sign(issuer.FirstKey, claims)).Principal.User).To(Equal(user.ID))
	f.Expect(f.accepted(f.good()).Principal.User).To(Equal(f.ada.ID), "who is known stays")
}

func TestAUserThatManyRequestsBringAtOnceIsCreatedOnce(t *testing.T) {
	f := newForeign(t, createUsers)
	token := f.issuer.Sign(issuer.FirstKey, f.issuer.Claims("ext-new", f.now))
	var users sync.Map
	var requests sync.WaitGroup
	for range 20 {
		requests.Go(func() {
			session, err := f.auth.Authenticate(t.Context(), auth.Credentials{Token: token})
			users.Store(session.Principal.User, err)
		})
	}
	requests.Wait()
	user, err := f.stored.store.User(t.Context(), model.UserRef{ExternalID: "ext-new"})
	f.Expect(err).NotTo(HaveOccurred())
	users.Range(func(id, err any) bool {
		f.Expect(err).To(BeNil())
		f.Expect(id).To(Equal(user.ID))
		return true
	})
}

func TestAnExternalIDThatNoUserMayHaveIsRefused(t *testing.T) {
	f := newForeign(t, createUsers)
	f.accepted(f.issuer.Sign(issuer.FirstKey, f.issuer.Claims(strings.Repeat("ä", 128), f.now)))
	for _, externalID := range []string{strings.Repeat("ä", 129), "a\x00", "\xff", "\ufffd", ""} {
		f.refusedToken(f.issuer.Sign(issuer.FirstKey, f.issuer.Claims(externalID, f.now)), "invalid_token")
	}
	f.stored.ensureErr = model.Invalid("externalId", "must not look like an id")
	f.refusedToken(f.issuer.Sign(issuer.FirstKey, f.issuer.Claims("1000000000001", f.now)), "invalid_token")
}

func TestAForeignTokenIsNotJudgedWhileTheStoreFails(t *testing.T) {
	f := newForeign(t, createUsers)
	f.stored.ensureErr = errors.New("no answer")
	f.refusedToken(f.issuer.Sign(issuer.FirstKey, f.issuer.Claims("ext-new", f.now)), "unavailable")
	f.stored.err = errors.New("no answer")
	f.refusedToken(f.good(), "unavailable")
	f.stored.err = nil
	f.accepted(f.good())
}

func TestRevokingTheTokensOfAUserRevokesThoseOfIssuers(t *testing.T) {
	f := newForeign(t)
	old := f.good()
	undated := f.claims()
	delete(undated, "iat")
	f.accepted(f.issuer.Sign(issuer.FirstKey, undated))

	f.now = noon.Add(time.Minute)
	f.stored.revokedAt = f.now.Add(-time.Microsecond)
	f.refusedToken(old, "invalid_token")
	f.refusedToken(f.issuer.Sign(issuer.FirstKey, undated), "invalid_token")
	f.accepted(f.good())

	f.stored.revokedAt = f.now
	f.accepted(f.good())
	f.stored.revokedAt = f.now.Add(time.Microsecond)
	f.refusedToken(f.good(), "invalid_token")
}
