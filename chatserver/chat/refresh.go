package chat

import (
	"context"
	"crypto/sha256"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// The forms of what a user holds and the servers keep the hash of.
const (
	refreshPrefix = "prt_"
	passPrefix    = "pcp_"

	opaqueBytes  = 32 // of randomness
	opaqueLength = 43 // characters of opaqueBytes in base 62
)

// newOpaque makes a random value with the prefix, which says what it is, and its
// hash. The value holds 256 bits of randomness, so a slow hash would add nothing.
func newOpaque(random io.Reader, prefix string) (model.Secret, [32]byte, error) {
	var bytes [opaqueBytes]byte
	if _, err := io.ReadFull(random, bytes[:]); err != nil {
		return "", [32]byte{}, model.ErrInternal.Because(err)
	}
	text := new(big.Int).SetBytes(bytes[:]).Text(62)
	value := prefix + strings.Repeat("0", opaqueLength-len(text)) + text
	return model.Secret(value), sha256.Sum256([]byte(value)), nil
}

// hashOpaque reports false for what newOpaque could not have made, so that
// garbage costs no question to the store.
func hashOpaque(presented model.Secret, prefix string) ([32]byte, bool) {
	value := presented.Reveal()
	if len(value) != len(prefix)+opaqueLength || !strings.HasPrefix(value, prefix) {
		return [32]byte{}, false
	}
	return sha256.Sum256([]byte(value)), true
}

// newRefreshToken makes a refresh token that nobody owns yet.
func (c *Chat) newRefreshToken() (model.Secret, model.RefreshToken, error) {
	value, hash, err := newOpaque(c.Random, refreshPrefix)
	expires := c.Now().Add(c.RefreshLifetime).UTC().Truncate(time.Second)
	return value, model.RefreshToken{Hash: hash, ExpiresAt: expires}, err
}

// Refresh uses up a refresh token and gives a new token with the next refresh
// token. One that was used before revokes all that descend from its login:
// somebody else may have it.
func (c *Chat) Refresh(ctx context.Context, presented model.Secret) (Token, error) {
	hash, ok := hashOpaque(presented, refreshPrefix)
	if !ok {
		return Token{}, model.ErrInvalidRefresh
	}
	value, next, err := c.newRefreshToken()
	if err != nil {
		return Token{}, err
	}
	user, err := c.Store.RotateRefreshToken(ctx, hash, next, c.Now())
	if err != nil {
		return Token{}, translate(err)
	}
	token, err := c.sign(user, c.TokenLifetime)
	token.Refresh, token.RefreshExpiresAt = value, next.ExpiresAt
	return token, err
}
