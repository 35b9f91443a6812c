package auth_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/issuer"
)

// The key and its JWK are those of RFC 8037, appendix A: nothing here made them.
func TestAPublishedKeyOfTheStandardIsUnderstood(t *testing.T) {
	f := newForeign(t)
	f.answer(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"rfc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`)
	seed, err := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	f.Expect(err).NotTo(HaveOccurred())
	f.accepted(f.forgeForeign(forgery{method: jwt.SigningMethodEdDSA, key: ed25519.NewKeyFromSeed(seed), kid: "rfc"}, nil))
}

func TestOnlyKeysThatServeAnAllowedAlgorithmCount(t *testing.T) {
	strong, weak, larger := newRSA(t, 2048), newRSA(t, 2047), newRSA(t, 4097)
	for _, example := range []struct {
		rule    string
		prepare func(f *foreign) (kid string)
		change  func(key map[string]any) // the JWK, as it is published
		counts  bool
	}{
		{"a key as it should be", first, nil, true},
		{"a key that does not say its algorithm and use", first, func(key map[string]any) {
			delete(key, "alg")
			delete(key, "use")
		}, true},
		{"a key for another algorithm", first, func(key map[string]any) { key["alg"] = "RS256" }, false},
		{"a key for encryption", first, func(key map[string]any) { key["use"] = "enc" }, false},
		{"a key without a kid", first, func(key map[string]any) { delete(key, "kid") }, false},
		{"a key of an unknown type", first, func(key map[string]any) { key["kty"] = "new" }, false},
		{"a key without its value", first, func(key map[string]any) { delete(key, "x") }, false},
		{"a key that shows its private half", first, func(key map[string]any) { key["d"] = key["x"] }, false},
		{"a key that has a shared secret beside it", first, func(key map[string]any) { key["k"] = "c2VjcmV0" }, false},
		{"an RSA key of the least size", publishing(strong), nil, true},
		{"an RSA key that is too small", publishing(weak), nil, false},
		{"an RSA key that is too large", publishing(larger), nil, false},
		{"an RSA key for encryption", publishing(strong), func(key map[string]any) { key["alg"] = "RSA-OAEP" }, false},
		{"a key on another curve", func(f *foreign) string {
			f.publishECDSA("ec", elliptic.P384())
			return "ec"
		}, nil, false},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newForeign(t)
			kid := example.prepare(f)
			f.answer(string(f.changedDocument(kid, example.change)))
			token := f.issuer.Sign(kid, f.claims())
			if example.counts {
				f.accepted(token)
				return
			}
			f.refusedToken(token, "invalid_token")
			f.accepted(f.issuer.Sign("good", f.claims()))
		})
	}
}

func TestKeysOfSeveralKindsMayShareAKid(t *testing.T) {
	f := newForeign(t)
	edwards := f.good()
	f.publishECDSA(issuer.FirstKey, elliptic.P256())
	f.accepted(edwards)
	f.accepted(f.good())
}

func TestAnAnswerThatIsNoSetOfKeysIsUnavailable(t *testing.T) {
	redirected := 0
	for _, example := range []struct {
		rule   string
		answer func(f *foreign, w http.ResponseWriter)
	}{
		{"no JSON", func(_ *foreign, w http.ResponseWriter) { fmt.Fprint(w, "<html>") }},
		{"a list", func(_ *foreign, w http.ResponseWriter) { fmt.Fprint(w, "[]") }},
		{"no keys", func(_ *foreign, w http.ResponseWriter) { fmt.Fprint(w, `{"error":"later"}`) }},
		{"keys that are no list", func(_ *foreign, w http.ResponseWriter) { fmt.Fprint(w, `{"keys":{}}`) }},
		{"two documents", func(f *foreign, w http.ResponseWriter) { fmt.Fprintf(w, "%s%[1]s", f.issuer.Document()) }},
		{"an answer that breaks off", func(f *foreign, w http.ResponseWriter) {
			w.Header().Set("Content-Length", fmt.Sprint(len(f.issuer.Document())+1))
			_, _ = w.Write(f.issuer.Document())
		}},
		{"a failure", func(f *foreign, w http.ResponseWriter) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(f.issuer.Document())
		}},
		{"a good status that is not 200", func(f *foreign, w http.ResponseWriter) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = w.Write(f.issuer.Document())
		}},
		{"headers without end", func(f *foreign, w http.ResponseWriter) {
			w.Header().Set("X-Long", strings.Repeat("a", 128<<10))
			_, _ = w.Write(f.issuer.Document())
		}},
		{"a redirect", func(f *foreign, w http.ResponseWriter) {
			redirected++
			w.Header().Set("Location", f.stranger.Settings().JWKSURL)
			w.WriteHeader(http.StatusFound)
		}},
	} {
		t.Run(example.rule, func(t *testing.T) {
			f := newForeign(t)
			f.stranger = issuer.Start(t, f.issuer.Name)
			f.issuer.Answer(func(w http.ResponseWriter, _ *http.Request) { example.answer(f, w) })
			f.refusedToken(f.good(), "unavailable")
			f.refusedToken(f.stranger.Sign(issuer.FirstKey, f.claims()), "unavailable")
			f.Expect(f.issuer.Requests()).To(Equal(1))
			f.Expect(f.stranger.Requests()).To(BeZero())
		})
	}
	NewWithT(t).Expect(redirected).To(Equal(1))
}

func TestASetOfKeysHasALimitOfSize(t *testing.T) {
	const limit = 1 << 20
	for size, code := range map[int]string{limit: "", limit + 1: "unavailable"} {
		f := newForeign(t)
		document := f.issuer.Document()
		f.answer(string(document) + strings.Repeat(" ", size-len(document)))
		if code == "" {
			f.accepted(f.good())
		} else {
			f.refusedToken(f.good(), code)
		}
	}
}

// answer has the issuer's server answer the document.
func (f *foreign) answer(document string) {
	f.issuer.Answer(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, document) })
}

func first(*foreign) string { return issuer.FirstKey }

// publishing has the issuer publish the key.
func publishing(key crypto.Signer) func(*foreign) string {
	return func(f *foreign) string {
		f.issuer.Publish("rsa", key)
		return "rsa"
	}
}

// changedDocument is what the issuer publishes, with one key changed, and with
// what is no key and a good key after it.
func (f *foreign) changedDocument(kid string, change func(key map[string]any)) []byte {
	f.t.Helper()
	f.publishECDSA("good", elliptic.P256())
	var set struct {
		Keys []any `json:"keys"`
	}
	f.Expect(json.NewDecoder(bytes.NewReader(f.issuer.Document())).Decode(&set)).To(Succeed())
	for _, key := range set.Keys {
		fields, _ := key.(map[string]any)
		if fields["kid"] == kid && change != nil {
			change(fields)
		}
	}
	set.Keys = append([]any{nil, 5, "key", []any{}, map[string]any{}}, set.Keys...)
	encoded, err := json.Marshal(set)
	f.Expect(err).NotTo(HaveOccurred())
	return encoded
}
