package store

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// Tokens keeps what makes user tokens renewable and revocable.
type Tokens interface {
	// SaveRefreshToken stores the first token of a family.
	SaveRefreshToken(ctx context.Context, token model.RefreshToken) error
	// RotateRefreshToken uses up the token with the hash and stores the next
	// one of its family, of the same user and epoch; the caller gives the hash
	// and the expiry. An unknown or expired token, one of an older epoch than
	// the user's, and one of an erased user give model.ErrInvalidRefresh. A
	// token that was used before gives model.ErrRefreshReused, and its whole
	// family is deleted: somebody else may have it.
	RotateRefreshToken(ctx context.Context, hash [32]byte, next model.RefreshToken, now time.Time) (model.User, error)
	// RevokeTokens raises the user's token epoch, stamps TokensRevokedAt by the
	// database's clock and deletes the user's refresh tokens.
	RevokeTokens(ctx context.Context, user model.UserID) (model.User, error)
	// DeleteExpired deletes refresh tokens and connect passes that expired
	// before the time, at most limit of each, and says how many.
	DeleteExpired(ctx context.Context, before time.Time, limit int) (int64, error)

	// SavePass stores a connect pass by its hash.
	SavePass(ctx context.Context, pass Pass) error
	// TakePass finds and deletes a pass, so that it is good once. An unknown or
	// expired one gives model.ErrInvalidToken.
	TakePass(ctx context.Context, hash [32]byte, now time.Time) (Pass, error)
}

// Pass opens one WebSocket of a user.
type Pass struct {
	Hash [32]byte // SHA-256 of the pass
	User model.UserID
	// Epoch is the user's token epoch when the pass was made; KeyID names the
	// API key that came along, or is empty.
	Epoch     int64
	KeyID     string
	ExpiresAt time.Time
	// SessionExpiresAt is when the session that the pass opens ends, or zero.
	SessionExpiresAt time.Time
}
