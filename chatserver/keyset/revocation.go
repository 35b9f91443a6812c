package keyset

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Revocation is a notice that keys do not count any more, for servers to act on
// before the changed file reaches them. It can only take away: a replayed or
// stolen one brings no key back.
type Revocation struct {
	Project  string    // the UID of the project that the keys belong to
	Keys     []string  // ids
	NotAfter time.Time // nobody acts on it from here on; whole seconds
}

// What a notice may hold.
const (
	MaxRevokedKeys     = 1000
	MaxRevocationBytes = 64 << 10
)

// revocationClaims is a notice as a JWT says it.
type revocationClaims struct {
	jwt.RegisteredClaims
	Keys []string `json:"keys"`
}

// Revoked returns the ids of the entries of before that after has not, sorted.
// An id whose hash was replaced is among them, for its old value stops counting.
func Revoked(before, after File) []string {
	hashes := make(map[string]string, len(after.Keys))
	for _, entry := range after.Keys {
		hashes[entry.ID] = entry.Hash
	}
	var revoked []string
	for _, entry := range before.Keys {
		if hashes[entry.ID] != entry.Hash {
			revoked = append(revoked, entry.ID)
		}
	}
	slices.Sort(revoked)
	return revoked
}

// SignRevocation writes the notice as a JWT (RFC 7519) with EdDSA.
func SignRevocation(key SigningKey, revocation Revocation) (string, error) {
	if err := checkRevokedKeys(revocation.Keys); err != nil {
		return "", fmt.Errorf("sign a revocation: %w", err)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, revocationClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    revocation.Project,
			Audience:  jwt.ClaimStrings{revocationAudience(revocation.Project)},
			ExpiresAt: jwt.NewNumericDate(revocation.NotAfter),
		},
		Keys: revocation.Keys,
	})
	token.Header["kid"] = key.ID
	signed, err := token.SignedString(key.Private())
	if err != nil {
		return "", fmt.Errorf("sign a revocation: %w", err)
	}
	if len(signed) > MaxRevocationBytes {
		return "", fmt.Errorf("sign a revocation: it has %d bytes, more than %d", len(signed), MaxRevocationBytes)
	}
	return signed, nil
}

// VerifyRevocation reads a notice for the project. The keys that sign are asked
// for by their id; one that is unknown or over is reported as false.
func VerifyRevocation(
	notice, project string, publicKey func(kid string) (ed25519.PublicKey, bool), now time.Time,
) (Revocation, error) {
	if len(notice) > MaxRevocationBytes {
		return Revocation{}, fmt.Errorf("verify a revocation: it has %d bytes, more than %d", len(notice), MaxRevocationBytes)
	}
	if strings.ContainsAny(notice, "\r\n") { // base64 skips them, strict or not
		return Revocation{}, errors.New("verify a revocation: it has more than one line")
	}
	var said revocationClaims
	_, err := jwt.ParseWithClaims(notice, &said, func(token *jwt.Token) (any, error) {
		id, _ := token.Header["kid"].(string)
		if key, ok := publicKey(id); ok {
			return key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	},
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(),
		jwt.WithIssuer(project), jwt.WithAudience(revocationAudience(project)),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(func() time.Time { return now }))
	if err == nil {
		err = checkRevokedKeys(said.Keys)
	}
	if err != nil {
		return Revocation{}, fmt.Errorf("verify a revocation: %w", err)
	}
	return Revocation{Project: project, Keys: said.Keys, NotAfter: said.ExpiresAt.Time}, nil
}

// revocationAudience differs from that of user tokens, which the same keys sign:
// neither can be taken for the other.
func revocationAudience(project string) string { return project + "/revocations" }

func checkRevokedKeys(ids []string) error {
	switch {
	case len(ids) == 0:
		return errors.New("it names no key")
	case len(ids) > MaxRevokedKeys:
		return fmt.Errorf("it names %d keys, more than %d", len(ids), MaxRevokedKeys)
	case slices.Contains(ids, ""):
		return errors.New("it names a key without an id")
	}
	return nil
}
