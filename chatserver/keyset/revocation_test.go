package keyset_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/keyset"
)

// signer is the key of the project, and what knows its public half.
func signer(t *testing.T) (keyset.SigningKey, func(string) (ed25519.PublicKey, bool)) {
	t.Helper()
	key := exampleSigningFile(t).Keys[0]
	public, ok := key.Private().Public().(ed25519.PublicKey)
	NewWithT(t).Expect(ok).To(BeTrue())
	return key, func(kid string) (ed25519.PublicKey, bool) { return public, kid == key.ID }
}

func exampleRevocation() keyset.Revocation {
	return keyset.Revocation{Project: project, Keys: []string{"a", "b"}, NotAfter: noon.Add(5 * time.Minute)}
}

func TestARevocationIsReadBack(t *testing.T) {
	g := NewWithT(t)
	key, known := signer(t)
	notice, err := keyset.SignRevocation(key, exampleRevocation())
	g.Expect(err).NotTo(HaveOccurred())
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(notice, ".")[1])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(payload)).To(MatchJSON(`{
		"iss": "7d9f6c1e-demo", "aud": ["7d9f6c1e-demo/revocations"], "exp": 1772366700, "keys": ["a", "b"]
	}`))
	for rule, now := range map[string]time.Time{
		"at once": noon, "in its last moment": noon.Add(5*time.Minute - time.Nanosecond), "signed by a clock that is ahead": noon.Add(-time.Hour),
	} {
		revocation, err := keyset.VerifyRevocation(notice, project, known, now)
		g.Expect(err).NotTo(HaveOccurred(), rule)
		g.Expect(revocation.NotAfter).To(BeTemporally("==", exampleRevocation().NotAfter))
		revocation.NotAfter = exampleRevocation().NotAfter
		g.Expect(revocation).To(Equal(exampleRevocation()), rule)
	}
}

// forgery is a notice that differs from a good one where a test changes it.
type forgery struct {
	claims  jwt.MapClaims
	method  jwt.SigningMethod
	key     any
	kid     any
	project string
	now     time.Time
	spell   func(string) string
}

func TestARevocationThatIsNotTheProjectsIsRefused(t *testing.T) {
	ids := func(count int) []string {
		ids := make([]string, count)
		for i := range ids {
			ids[i] = fmt.Sprintf("%012d", i)
		}
		return ids
	}
	for _, example := range []struct {
		rule   string
		change func(*forgery)
		good   bool
	}{
		{"nothing changed", func(*forgery) {}, true},
		{"as many keys as may be", func(f *forgery) { f.claims["keys"] = ids(keyset.MaxRevokedKeys) }, true},
		{"one key too many", func(f *forgery) { f.claims["keys"] = ids(keyset.MaxRevokedKeys + 1) }, false},
		{"too long", func(f *forgery) { f.claims["keys"] = []string{strings.Repeat("a", keyset.MaxRevocationBytes)} }, false},
		{"no list of keys", func(f *forgery) { delete(f.claims, "keys") }, false},
		{"no key", func(f *forgery) { f.claims["keys"] = []string{} }, false},
		{"an empty id", func(f *forgery) { f.claims["keys"] = []string{"a", ""} }, false},
		{"keys that are no list", func(f *forgery) { f.claims["keys"] = "a" }, false},
		{"another issuer", func(f *forgery) { f.claims["iss"] = "other" }, false},
		{"no issuer", func(f *forgery) { delete(f.claims, "iss") }, false},
		{"the audience of user tokens", func(f *forgery) { f.claims["aud"] = project }, false},
		{"the audience of another project", func(f *forgery) { f.claims["aud"] = "other/revocations" }, false},
		{"no audience", func(f *forgery) { delete(f.claims, "aud") }, false},
		{"no end", func(f *forgery) { delete(f.claims, "exp") }, false},
		{"its end", func(f *forgery) { f.now = exampleRevocation().NotAfter }, false},
		{"another project asks", func(f *forgery) { f.project = "other" }, false},
		{"an unknown kid", func(f *forgery) { f.kid = "old" }, false},
		{"no kid", func(f *forgery) { f.kid = nil }, false},
		{"another key under our kid", func(f *forgery) { f.key = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) }, false},
		{"no algorithm", func(f *forgery) { f.method, f.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType }, false},
		{"HMAC with the public key", func(f *forgery) {
			public, _ := f.key.(ed25519.PrivateKey).Public().(ed25519.PublicKey)
			f.method, f.key = jwt.SigningMethodHS256, []byte(public)
		}, false},
		{"padded", func(f *forgery) { f.spell = func(notice string) string { return notice + "==" } }, false},
		{"a space", func(f *forgery) { f.spell = func(notice string) string { return notice + "\n" } }, false},
		{"cut short", func(f *forgery) { f.spell = func(notice string) string { return notice[:len(notice)-1] } }, false},
		{"nothing", func(f *forgery) { f.spell = func(string) string { return "" } }, false},
		// 64 bytes of signature leave four bits of the last character without a meaning.
		{"a second spelling", func(f *forgery) { f.spell = respelled }, false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			g := NewWithT(t)
			key, known := signer(t)
			f := forgery{
				claims: jwt.MapClaims{
					"iss": project, "aud": project + "/revocations", "exp": exampleRevocation().NotAfter.Unix(), "keys": []string{"a"},
				},
				method: jwt.SigningMethodEdDSA, key: key.Private(), kid: key.ID,
				project: project, now: noon, spell: func(notice string) string { return notice },
			}
			example.change(&f)
			token := jwt.NewWithClaims(f.method, f.claims)
			if f.kid != nil {
				token.Header["kid"] = f.kid
			}
			notice, err := token.SignedString(f.key)
			g.Expect(err).NotTo(HaveOccurred())
			revocation, err := keyset.VerifyRevocation(f.spell(notice), f.project, known, f.now)
			if example.good {
				g.Expect(err).NotTo(HaveOccurred())
				return
			}
			g.Expect(err).To(MatchError(HavePrefix("verify a revocation: ")))
			g.Expect(revocation).To(Equal(keyset.Revocation{}))
		})
	}
}

// respelled changes the bits of the last character that mean nothing.
func respelled(notice string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, notice[len(notice)-1])
	return notice[:len(notice)-1] + string(alphabet[last^1])
}

func TestARevocationThatNoServerWouldTakeIsNotSigned(t *testing.T) {
	for rule, keys := range map[string][]string{
		"no key": nil, "an empty id": {""}, "too many keys": make([]string, keyset.MaxRevokedKeys+1),
		"too long": {strings.Repeat("a", keyset.MaxRevocationBytes)},
	} {
		g := NewWithT(t)
		key, _ := signer(t)
		revocation := exampleRevocation()
		revocation.Keys = keys
		notice, err := keyset.SignRevocation(key, revocation)
		g.Expect(err).To(MatchError(HavePrefix("sign a revocation: ")), rule)
		g.Expect(notice).To(BeEmpty())
	}
}

func TestWhatANewFileRevokes(t *testing.T) {
	file := func(entries ...string) (file keyset.File) {
		for _, entry := range entries {
			id, hash, _ := strings.Cut(entry, "=")
			file.Keys = append(file.Keys, keyset.Entry{ID: id, Hash: hash})
		}
		return file
	}
	for _, example := range []struct {
		rule          string
		before, after keyset.File
		want          []string
	}{
		{"nothing there", file(), file(), nil},
		{"nothing changed", file("a=1", "b=2"), file("b=2", "a=1"), nil},
		{"a key came", file("a=1"), file("a=1", "b=2"), nil},
		{"keys went", file("c=3", "a=1", "b=2"), file("b=2"), []string{"a", "c"}},
		{"all went", file("a=1"), file(), []string{"a"}},
		{"a hash was replaced", file("a=1", "b=2"), file("a=3", "b=2"), []string{"a"}},
		{"one went and one came", file("a=1"), file("b=1"), []string{"a"}},
	} {
		NewWithT(t).Expect(keyset.Revoked(example.before, example.after)).To(Equal(example.want), example.rule)
	}
}
