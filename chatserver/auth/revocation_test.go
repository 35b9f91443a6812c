package auth_test

import (
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/auth"
	"github.com/parley-chat/parley/chatserver/keyset"
)

const revocationLifetime = 5 * time.Minute

// idOf is the id of a key value.
func (f *fixture) idOf(value string) string {
	f.t.Helper()
	_, id, ok := keyset.Parse(value)
	f.Expect(ok).To(BeTrue())
	return id
}

func (f *fixture) revoke(value string) {
	f.t.Helper()
	f.auth.Revoke([]string{f.idOf(value)}, f.now.Add(revocationLifetime))
}

// unlist takes the key out of the file, and returns how to put it back.
func (f *fixture) unlist(value string) (relist func()) {
	f.t.Helper()
	before := f.keys.Keys
	f.keys.Keys = nil
	for _, entry := range before {
		if entry.ID != f.idOf(value) {
			f.keys.Keys = append(f.keys.Keys, entry)
		}
	}
	return func() { f.keys.Keys = before }
}

func TestARevokedKeyIsRefused(t *testing.T) {
	for _, example := range []struct {
		rule    string
		then    func(*fixture)
		refused bool
	}{
		{"at once", func(*fixture) {}, true},
		{"until its time is over", func(f *fixture) { f.now = noon.Add(revocationLifetime - time.Nanosecond) }, true},
		{"and no longer", func(f *fixture) { f.now = noon.Add(revocationLifetime) }, false},
		{"after a file that still has it", func(f *fixture) { f.reload() }, true},
		{"after a file that has a new key as well", func(f *fixture) {
			f.mint(keyset.Entry{Type: keyset.Secret})
			f.reload()
		}, true},
		{"by a file that has it no more", func(f *fixture) {
			f.unlist(f.secretKey)
			f.reload()
		}, true},
		{"not when a later file brings it back", func(f *fixture) {
			relist := f.unlist(f.secretKey)
			f.reload()
			relist()
			f.reload()
		}, false},
		{"as long as the longest notice says", func(f *fixture) {
			f.auth.Revoke([]string{f.idOf(f.secretKey)}, noon.Add(time.Second))
			f.now = noon.Add(time.Minute)
		}, true},
		{"whatever else is revoked", func(f *fixture) { f.auth.Revoke([]string{"other"}, noon.Add(time.Hour)) }, true},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newFixture(t)
			session, err := f.authenticate(auth.Credentials{Key: f.secretKey})
			f.Expect(err).NotTo(HaveOccurred())
			f.revoke(f.secretKey)
			example.then(f)
			f.Expect(f.auth.Holds(*session.Principal.Key)).To(Equal(!example.refused), "its open sessions")
			if example.refused {
				f.refused(auth.Credentials{Key: f.secretKey}, "invalid_key")
			} else {
				_, err = f.authenticate(auth.Credentials{Key: f.secretKey})
				f.Expect(err).NotTo(HaveOccurred())
			}
			_, err = f.authenticate(auth.Credentials{Key: f.publicKey})
			f.Expect(err).NotTo(HaveOccurred(), "other keys stay")
		})
	}
}

// A notice may overtake the file that brings the key in the first place.
func TestAKeyThatIsRevokedBeforeItCameIsRefused(t *testing.T) {
	f := newFixture(t)
	late := f.mint(keyset.Entry{Type: keyset.Secret})
	f.revoke(late)
	f.reload()
	f.refused(auth.Credentials{Key: late}, "invalid_key")
}

func TestANoticeNeverBringsAKeyBack(t *testing.T) {
	f := newFixture(t)
	f.revoke(f.secretKey)
	f.auth.Revoke([]string{f.idOf(f.secretKey)}, noon.Add(-time.Hour))
	f.auth.Revoke(nil, noon.Add(-time.Hour))
	f.refused(auth.Credentials{Key: f.secretKey}, "invalid_key")
}

func TestKeysMayBeRevokedWhileOthersAreReplaced(t *testing.T) {
	f := newFixture(t)
	values := make([]string, 200)
	for i := range values {
		values[i] = f.mint(keyset.Entry{Type: keyset.Secret})
	}
	keys := f.loadKeys()
	f.auth.UseKeys(keys)
	done := make(chan struct{})
	var changing sync.WaitGroup
	changing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				f.auth.UseKeys(keys)
			}
		}
	})
	for _, value := range values {
		f.revoke(value)
		f.refused(auth.Credentials{Key: value}, "invalid_key")
	}
	close(done)
	changing.Wait()
	for _, value := range values {
		f.refused(auth.Credentials{Key: value}, "invalid_key")
	}
}

func TestARevocationIsVerifiedWithThePresentSigningKeys(t *testing.T) {
	f := newFixture(t)
	revocation := keyset.Revocation{Project: project, Keys: []string{"a"}, NotAfter: noon.Add(revocationLifetime)}
	notice, err := keyset.SignRevocation(f.signing.Keys[0], revocation)
	f.Expect(err).NotTo(HaveOccurred())
	read, err := f.auth.VerifyRevocation(notice)
	f.Expect(err).NotTo(HaveOccurred())
	f.Expect(read.Keys).To(Equal(revocation.Keys))

	f.now = revocation.NotAfter
	_, err = f.auth.VerifyRevocation(notice)
	f.Expect(err).To(HaveOccurred(), "the clock is the authenticator's")
	f.now = noon

	end := noon.Add(time.Minute)
	f.signing.Keys[0].NotAfter = &end
	f.reload()
	_, err = f.auth.VerifyRevocation(notice)
	f.Expect(err).NotTo(HaveOccurred(), "a replaced key verifies until its time is over")
	f.now = end
	_, err = f.auth.VerifyRevocation(notice)
	f.Expect(err).To(HaveOccurred())
	f.now = noon

	f.signing.Keys = []keyset.SigningKey{f.signingKey()}
	f.reload()
	_, err = f.auth.VerifyRevocation(notice)
	f.Expect(err).To(HaveOccurred(), "a removed key verifies nothing")
}

// Both are signed by the same keys, so only what they say tells them apart.
func TestUserTokensAndRevocationsAreNeverTakenForEachOther(t *testing.T) {
	f := newFixture(t)
	_, err := f.auth.VerifyRevocation(f.token(ada))
	f.Expect(err).To(HaveOccurred())
	notice, err := keyset.SignRevocation(f.signing.Keys[0],
		keyset.Revocation{Project: project, Keys: []string{"a"}, NotAfter: noon.Add(revocationLifetime)})
	f.Expect(err).NotTo(HaveOccurred())
	f.refused(auth.Credentials{Token: notice}, "invalid_token")

	// Each says all that the other one would need, but for whom it is for.
	both := func(audience string) jwt.MapClaims {
		claims := f.goodClaims()
		claims["aud"], claims["keys"] = audience, []string{"a"}
		return claims
	}
	token, revocation := f.forge(both(project)), f.forge(both(project+"/revocations"))
	_, err = f.authenticate(auth.Credentials{Token: token})
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.auth.VerifyRevocation(revocation)
	f.Expect(err).NotTo(HaveOccurred())
	_, err = f.auth.VerifyRevocation(token)
	f.Expect(err).To(MatchError(jwt.ErrTokenInvalidAudience))
	f.refused(auth.Credentials{Token: revocation}, "invalid_token")
}
