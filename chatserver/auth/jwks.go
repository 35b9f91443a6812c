package auth

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// What an issuer may cost that does not behave.
const (
	jwksTimeout        = 5 * time.Second
	maxJWKSBytes       = 1 << 20
	maxJWKSHeaderBytes = 64 << 10
)

// minRSABits is the least that RS256 takes (RFC 7518, section 3.3). The most is
// the library's: 4096.
const minRSABits = 2048

// keyName is what a token says of the key that signed it. The algorithm is part
// of the name, so that a key never verifies a signature of another kind.
type keyName struct{ id, algorithm string }

// publicKeys are those of one issuer.
type publicKeys map[keyName]crypto.PublicKey

// newJWKSClient makes a client that asks the configured address and no other:
// it follows no redirect. It keeps no connection, for it asks rarely.
func newJWKSClient() *http.Client {
	return &http.Client{
		Timeout: jwksTimeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			DisableKeepAlives: true, MaxResponseHeaderBytes: maxJWKSHeaderBytes,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetchJWKS reads the keys that an issuer publishes now.
func fetchJWKS(ctx context.Context, client *http.Client, url string) (publicKeys, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("fetch a JWKS: %w", err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch a JWKS: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch a JWKS: %s answers %s, which must be 200", url, response.Status)
	}
	document, err := io.ReadAll(io.LimitReader(response.Body, maxJWKSBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch a JWKS: %w", err)
	}
	if len(document) > maxJWKSBytes {
		return nil, fmt.Errorf("fetch a JWKS: %s answers more than %d bytes", url, maxJWKSBytes)
	}
	return parseJWKS(document)
}

// parseJWKS reads a JWK set (RFC 7517). Keys of other kinds and for other uses
// may stand in it and are passed over. A set without a usable key is a good
// answer: the issuer took its keys back.
func parseJWKS(document []byte) (publicKeys, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("decode a JWKS: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New("decode a JWKS: it has no list of keys")
	}
	keys := make(publicKeys, len(set.Keys))
	for _, encoded := range set.Keys {
		name, key, ok := parseJWK(encoded)
		if _, taken := keys[name]; ok && !taken {
			keys[name] = key
		}
	}
	return keys, nil
}

// parseJWK reads one key. It reports false for a key that verifies no token.
func parseJWK(encoded json.RawMessage) (keyName, crypto.PublicKey, bool) {
	// A key that shows its private half belongs to everybody. The library must
	// not see such a key, which it would check at length.
	var private struct {
		D json.RawMessage `json:"d"`
		K json.RawMessage `json:"k"`
	}
	if err := json.Unmarshal(encoded, &private); err != nil || private.D != nil || private.K != nil {
		return keyName{}, nil, false
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(encoded); err != nil || key.KeyID == "" {
		return keyName{}, nil, false
	}
	algorithm, ok := algorithmOf(key.Key)
	otherAlgorithm := key.Algorithm != "" && key.Algorithm != algorithm
	otherUse := key.Use != "" && key.Use != "sig"
	if !ok || otherAlgorithm || otherUse {
		return keyName{}, nil, false
	}
	return keyName{id: key.KeyID, algorithm: algorithm}, key.Key, true
}

// algorithmOf is the one algorithm of config.IssuerAlgorithms that a public key
// serves.
func algorithmOf(key crypto.PublicKey) (string, bool) {
	switch public := key.(type) {
	case *rsa.PublicKey:
		return jwt.SigningMethodRS256.Alg(), public.N.BitLen() >= minRSABits
	case *ecdsa.PublicKey:
		return jwt.SigningMethodES256.Alg(), public.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA.Alg(), true
	}
	return "", false
}
