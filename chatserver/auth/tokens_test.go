package auth_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// The forger is right where nothing is changed: without this the refusals below
// would prove nothing.
func TestAForgeryWithoutAChangeIsAccepted(t *testing.T) {
	f := newFixture(t)
	session, err := f.authenticate(auth.Credentials{Token: f.forge(f.goodClaims())})
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(session.Principal.User).To(Equal(ada.ID))
}

func TestATokenSaysTheUserAndNothingElse(t *testing.T) {
	f := newFixture(t)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(f.token(ada), ".")[1])
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(string(payload)).To(MatchJSON(`{
		"iss": "7d9f6c1e-demo", "aud": ["7d9f6c1e-demo"], "sub": "1000000000001", "epoch": 3,
		"iat": 1772366400, "exp": 1772370000
	}`))
}

func TestATokenSignedInAnotherWayIsRefused(t *testing.T) {
	other := func(f *fixture) keyset.SigningKey { return f.signingKey() }
	for _, example := range []struct {
		rule   string
		change func(*fixture, *forgery)
	}{
		{"by no algorithm", func(_ *fixture, forged *forgery) {
			forged.method, forged.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
		}},
		{"by HMAC with the public key", func(f *fixture, forged *forgery) {
			forged.method, forged.key = jwt.SigningMethodHS256, []byte(f.publicHalf())
		}},
		{"by HMAC with the public key in base64", func(f *fixture, forged *forgery) {
			forged.method, forged.key = jwt.SigningMethodHS256, []byte(base64.StdEncoding.EncodeToString(f.publicHalf()))
		}},
		{"by HMAC with an empty key", func(_ *fixture, forged *forgery) {
			forged.method, forged.key = jwt.SigningMethodHS512, []byte{}
		}},
		{"by another key under the kid of ours", func(f *fixture, forged *forgery) { forged.key = other(f).Private() }},
		{"by another key under its own kid", func(f *fixture, forged *forgery) {
			key := other(f)
			forged.key, forged.kid = key.Private(), key.ID
		}},
		{"by our key under an unknown kid", func(_ *fixture, forged *forgery) { forged.kid = "unknown" }},
		{"by our key under an empty kid", func(_ *fixture, forged *forgery) { forged.kid = "" }},
		{"by our key without a kid", func(_ *fixture, forged *forgery) { forged.kid = nil }},
		{"by our key under a kid that is no text", func(_ *fixture, forged *forgery) { forged.kid = []string{"a"} }},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			token := f.forge(f.goodClaims(), func(forged *forgery) { example.change(f, forged) })
			f.refused(auth.Credentials{Token: token}, "invalid_token")
			f.Expect(f.users.asked).To(BeZero())
		})
	}
}

func TestATokenThatClaimsSomethingElseIsRefused(t *testing.T) {
	for _, example := range []struct {
		rule   string
		change func(claims jwt.MapClaims)
		code   string
	}{
		{"another issuer", func(c jwt.MapClaims) { c["iss"] = "other" }, "invalid_token"},
		{"no issuer", func(c jwt.MapClaims) { delete(c, "iss") }, "invalid_token"},
		{"another audience", func(c jwt.MapClaims) { c["aud"] = "other" }, "invalid_token"},
		{"an audience that has ours as a part", func(c jwt.MapClaims) { c["aud"] = project + "-2" }, "invalid_token"},
		{"no audience", func(c jwt.MapClaims) { delete(c, "aud") }, "invalid_token"},
		{"no end", func(c jwt.MapClaims) { delete(c, "exp") }, "invalid_token"},
		{"an end that is no number", func(c jwt.MapClaims) { c["exp"] = "tomorrow" }, "invalid_token"},
		{"an end in the past", func(c jwt.MapClaims) { c["exp"] = noon.Add(-time.Hour).Unix() }, "token_expired"},
		{"an issue in the future", func(c jwt.MapClaims) { c["iat"] = noon.Add(time.Hour).Unix() }, "invalid_token"},
		{"a beginning in the future", func(c jwt.MapClaims) { c["nbf"] = noon.Add(time.Hour).Unix() }, "invalid_token"},
		{"an older epoch", func(c jwt.MapClaims) { c["epoch"] = ada.TokenEpoch - 1 }, "invalid_token"},
		{"a newer epoch", func(c jwt.MapClaims) { c["epoch"] = ada.TokenEpoch + 1 }, "invalid_token"},
		{"no epoch", func(c jwt.MapClaims) { delete(c, "epoch") }, "invalid_token"},
		{"an epoch that is no number", func(c jwt.MapClaims) { c["epoch"] = "3" }, "invalid_token"},
		{"no user", func(c jwt.MapClaims) { delete(c, "sub") }, "invalid_token"},
		{"a user that does not exist", func(c jwt.MapClaims) { c["sub"] = "1000000000099" }, "invalid_token"},
		{"a username", func(c jwt.MapClaims) { c["sub"] = "username:ada" }, "invalid_token"},
		{"an external id", func(c jwt.MapClaims) { c["sub"] = "ext-ada" }, "invalid_token"},
		{"a user with a sign", func(c jwt.MapClaims) { c["sub"] = "+" + ada.ID.String() }, "invalid_token"},
		{"a user with a leading zero", func(c jwt.MapClaims) { c["sub"] = "0" + ada.ID.String() }, "invalid_token"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			claims := f.goodClaims()
			example.change(claims)
			f.refused(auth.Credentials{Token: f.forge(claims)}, example.code)
		})
	}
}

func TestATokenThatIsNoneIsRefused(t *testing.T) {
	f := newFixture(t)
	good := f.token(ada)
	for _, token := range []string{
		".", "..", "a.b.c", good + ".", good[1:], good[:len(good)-1], strings.ReplaceAll(good, ".", " "),
		" " + good, good + " ", f.secretKey, strings.Repeat("a", 1<<20), strings.Repeat(".", 1<<20),
	} {
		f.refused(auth.Credentials{Token: token}, "invalid_token")
	}
}

// The last character of base64 text may carry bits that mean nothing, and those
// must not give a token a second spelling.
func TestEveryChangedCharacterOfATokenIsRefused(t *testing.T) {
	f := newFixture(t)
	good := f.token(ada)
	for at := range good {
		for _, letter := range "AQgwZ_-." {
			mutated := good[:at] + string(letter) + good[at+1:]
			if mutated == good {
				continue
			}
			if _, err := f.authenticate(auth.Credentials{Token: mutated}); model.AsError(err).Code != "invalid_token" {
				t.Errorf("character %d changed to %q: %v", at, letter, err)
			}
		}
	}
}

// skew is how far the clocks of two pods may differ.
const skew = 30 * time.Second

func TestClocksMayDifferByTheSkewAndNoMore(t *testing.T) {
	for _, example := range []struct {
		rule string
		now  time.Duration // after noon, when the token was issued for an hour
		code string        // empty: accepted
	}{
		{"issued right now", 0, ""},
		{"issued by a clock that is ahead by the skew", -skew, ""},
		{"issued by a clock that is ahead by more", -skew - time.Nanosecond, "invalid_token"},
		{"in its last moment", time.Hour - time.Nanosecond, ""},
		{"over for less than the skew", time.Hour + skew - time.Nanosecond, ""},
		{"over for the skew", time.Hour + skew, "token_expired"},
		{"over for a day", 24 * time.Hour, "token_expired"},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			token := f.token(ada)
			f.now = noon.Add(example.now)
			if example.code != "" {
				f.refused(auth.Credentials{Token: token}, example.code)
				return
			}
			_, err := f.authenticate(auth.Credentials{Token: token})
			f.Expect(err).NotTo(HaveOccurred())
		})
	}
}

func TestRaisingTheEpochOfAUserRevokesItsTokens(t *testing.T) {
	f := newFixture(t)
	token, other := f.token(ada), f.token(grace)
	f.users.known[0].TokenEpoch++
	f.refused(auth.Credentials{Token: token}, "invalid_token")
	_, err := f.authenticate(auth.Credentials{Token: other})
	f.Expect(err).NotTo(HaveOccurred(), "tokens of other users stay")
	_, err = f.authenticate(auth.Credentials{Token: f.token(f.users.known[0])})
	f.Expect(err).NotTo(HaveOccurred(), "a new token counts")
}

func TestAReplacedSigningKeyVerifiesUntilItsTimeIsOver(t *testing.T) {
	f := newFixture(t)
	token := f.token(ada)
	end := noon.Add(time.Minute)
	old := f.signing.Keys[0]
	old.NotAfter = &end
	f.signing.Keys = []keyset.SigningKey{f.signingKey(), old}
	f.reload()

	f.now = end.Add(-time.Nanosecond)
	_, err := f.authenticate(auth.Credentials{Token: token})
	f.Expect(err).NotTo(HaveOccurred())
	next := f.token(ada)
	f.now = end
	f.refused(auth.Credentials{Token: token}, "invalid_token")
	_, err = f.authenticate(auth.Credentials{Token: next})
	f.Expect(err).NotTo(HaveOccurred(), "the new key signs")
}

func TestARemovedSigningKeyRevokesWhatItSigned(t *testing.T) {
	f := newFixture(t)
	token := f.token(ada)
	f.signing.Keys = []keyset.SigningKey{f.signingKey()}
	_, err := f.authenticate(auth.Credentials{Token: token})
	f.Expect(err).NotTo(HaveOccurred())
	f.reload()
	f.refused(auth.Credentials{Token: token}, "invalid_token")
}

func TestSigningKeysOfAnotherProjectAreRefused(t *testing.T) {
	f := newFixture(t)
	encoded, err := keyset.EncodeSigning(f.signing)
	f.Expect(err).NotTo(HaveOccurred())
	tokens, err := auth.LoadTokens(encoded, "other")
	f.Expect(err).To(MatchError(ContainSubstring("they belong to project")))
	f.Expect(tokens).To(BeNil())
}

func TestATokenPrintsAsThreeStars(t *testing.T) {
	f := newFixture(t)
	value, err := f.auth.Sign(ada, f.now, f.now.Add(time.Hour))
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(value.String()).To(Equal("***"))
}
