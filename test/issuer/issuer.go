// Package issuer runs an identity provider inside a test: a real server that
// publishes real keys, and tokens that they signed.
//
// What may enter: what identity providers do, rightly or wrongly. What may not:
// checks (they belong to the tests).
package issuer

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"github.com/parley-chat/parley/chatserver/config"
)

// Audience is what its tokens are for.
const Audience = "chat"

// FirstKey is the kid of the Ed25519 key that it begins with.
const FirstKey = "first"

// Issuer is a running identity provider. It is safe for concurrent use.
type Issuer struct {
	Name   string // what its tokens say in iss
	tb     testing.TB
	server *httptest.Server

	mu       sync.Mutex
	signers  map[string]crypto.Signer // all that it ever had, by kid
	set      jose.JSONWebKeySet       // what it publishes
	requests int
	answer   http.HandlerFunc // instead of the set, when set
}

// Start runs an issuer with one key until the test ends.
func Start(tb testing.TB, name string) *Issuer {
	tb.Helper()
	i := &Issuer{Name: name, tb: tb, signers: make(map[string]crypto.Signer)}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	i.must(err)
	i.Publish(FirstKey, private)
	i.server = httptest.NewServer(http.HandlerFunc(i.serve))
	tb.Cleanup(i.server.Close)
	return i
}

func (i *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.requests++
	answer := i.answer
	i.mu.Unlock()
	if answer == nil {
		answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(i.Document()) }
	}
	answer(w, r)
}

// Settings are those of a project that trusts the issuer.
func (i *Issuer) Settings() config.Issuer {
	return config.Issuer{
		Issuer: i.Name, JWKSURL: i.server.URL, Audience: Audience, UserClaim: "sub", Algorithms: config.IssuerAlgorithms(),
	}
}

// Document is the JWK set that it publishes.
func (i *Issuer) Document() []byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	encoded, err := json.Marshal(i.set)
	i.must(err)
	return encoded
}

// Publish adds a key.
func (i *Issuer) Publish(kid string, signer crypto.Signer) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.signers[kid] = signer
	i.set.Keys = append(i.set.Keys, jose.JSONWebKey{
		Key: signer.Public(), KeyID: kid, Algorithm: method(signer).Alg(), Use: "sig",
	})
}

// Withdraw publishes a key no longer. The issuer can still sign with it.
func (i *Issuer) Withdraw(kid string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	kept := make([]jose.JSONWebKey, 0, len(i.set.Keys))
	for _, key := range i.set.Keys {
		if key.KeyID != kid {
			kept = append(kept, key)
		}
	}
	i.set.Keys = kept
}

// Answer has the server answer something else, until nil is given.
func (i *Issuer) Answer(answer http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = answer
}

// Stop ends the server: nothing listens at its address.
func (i *Issuer) Stop() { i.server.Close() }

// Requests counts those that the server got.
func (i *Issuer) Requests() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.requests
}

// Claims are those of a token for the user that is good from now on for an hour.
func (i *Issuer) Claims(user string, now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": i.Name, "aud": []string{"other", Audience}, "sub": user, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

// Sign makes a token of the claims with the key.
func (i *Issuer) Sign(kid string, claims jwt.MapClaims) string {
	i.mu.Lock()
	signer := i.signers[kid]
	i.mu.Unlock()
	token := jwt.NewWithClaims(method(signer), claims)
	token.Header["kid"] = kid
	signed, err := token.SignedString(signer)
	i.must(err)
	return signed
}

func (i *Issuer) must(err error) {
	if err != nil {
		i.tb.Error(err)
	}
}

// method is how a key signs.
func method(signer crypto.Signer) jwt.SigningMethod {
	switch key := signer.(type) {
	case *rsa.PrivateKey:
		return jwt.SigningMethodRS256
	case *ecdsa.PrivateKey:
		switch key.Params().BitSize {
		case 256:
			return jwt.SigningMethodES256
		case 384:
			return jwt.SigningMethodES384
		}
	}
	return jwt.SigningMethodEdDSA
}
