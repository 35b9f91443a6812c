package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// SaveRefreshToken stores the first token of a family.
func (s *Store) SaveRefreshToken(ctx context.Context, token model.RefreshToken) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: token.User}); err != nil {
			return err
		}
		return insertRefreshToken(ctx, tx, token)
	})
}

func insertRefreshToken(ctx context.Context, tx *sql.Tx, token model.RefreshToken) error {
	_, err := tx.ExecContext(ctx,
		"INSERT INTO refresh_tokens (hash, family, user_id, epoch, expires_at) VALUES (?, ?, ?, ?, ?)",
		token.Hash[:], token.Family, token.User, token.Epoch, token.ExpiresAt.UnixMicro())
	return err
}

// usedToken is what is known of a token that somebody presents.
type usedToken struct {
	user      model.UserID
	family    string
	epoch     int64
	expiresAt instant
	used      bool
}

func scanUsedToken(from row) (usedToken, error) {
	var token usedToken
	err := from.Scan(&token.user, &token.family, &token.epoch, &token.expiresAt, &token.used)
	return token, err
}

// RotateRefreshToken uses up a token and stores the next one.
func (s *Store) RotateRefreshToken(ctx context.Context, hash [32]byte, next model.RefreshToken, now time.Time) (user model.User, err error) {
	var refusal error
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		token, err := selectOne(ctx, tx, scanUsedToken, model.ErrInvalidRefresh,
			"SELECT user_id, family, epoch, expires_at, used FROM refresh_tokens WHERE hash = ?", hash[:])
		if err != nil {
			return err
		}
		user, err = selectUser(ctx, tx, model.UserRef{ID: token.user})
		switch {
		case errors.Is(err, model.ErrUserNotFound):
			return model.ErrInvalidRefresh
		case err != nil:
			return err
		case token.used:
			// The deletion is committed, so this is no error of the transaction.
			refusal = model.ErrRefreshReused
			_, err = tx.ExecContext(ctx, "DELETE FROM refresh_tokens WHERE user_id = ? AND family = ?", user.ID, token.family)
			return err
		case token.epoch < user.TokenEpoch, !now.Before(token.expiresAt.time()):
			return model.ErrInvalidRefresh
		}
		if _, err := tx.ExecContext(ctx, "UPDATE refresh_tokens SET used = 1 WHERE hash = ?", hash[:]); err != nil {
			return err
		}
		next.Family, next.User, next.Epoch = token.family, user.ID, token.epoch
		return insertRefreshToken(ctx, tx, next)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return model.User{}, err
	}
	return user, nil
}

// RevokeTokens raises the user's token epoch.
func (s *Store) RevokeTokens(ctx context.Context, user model.UserID) (revoked model.User, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		revoked, err = selectOne(ctx, tx, scanUser, model.ErrUserNotFound, `
			UPDATE users SET token_epoch = token_epoch + 1, tokens_revoked_at = ?2
			WHERE id = ?1 AND erased_at IS NULL
			RETURNING`+userColumns, user, s.instant())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM refresh_tokens WHERE user_id = ?", user)
		return err
	})
	return revoked, err
}

// RevokedSince lists the users whose tokens were revoked lately.
func (s *Store) RevokedSince(ctx context.Context, since time.Time) (revoked []store.UserEpoch, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		revoked, err = selectAll(ctx, tx, func(from row) (epoch store.UserEpoch, err error) {
			return epoch, from.Scan(&epoch.User, &epoch.Epoch)
		}, "SELECT id, token_epoch FROM users INDEXED BY users_revoked WHERE tokens_revoked_at >= ? ORDER BY id", since.UnixMicro())
		return err
	})
	return revoked, err
}

// DeleteExpired deletes what expired before the time.
func (s *Store) DeleteExpired(ctx context.Context, before time.Time, limit int) (deleted int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		deleted = 0
		for _, table := range []string{"refresh_tokens", "passes"} {
			n, err := execute(ctx, tx, "DELETE FROM "+table+" WHERE hash IN (SELECT hash FROM "+table+` AS expired
				WHERE expired.expires_at < ? ORDER BY expired.expires_at LIMIT ?)`, before.UnixMicro(), limit)
			if err != nil {
				return err
			}
			deleted += n
		}
		return nil
	})
	return deleted, err
}

// execute runs a statement and counts the rows that it changed.
func execute(ctx context.Context, tx *sql.Tx, statement string, arguments ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, statement, arguments...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// SavePass stores a connect pass.
func (s *Store) SavePass(ctx context.Context, pass store.Pass) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: pass.User}); err != nil {
			return err
		}
		var sessionEnds any
		if !pass.SessionExpiresAt.IsZero() {
			sessionEnds = pass.SessionExpiresAt.UnixMicro()
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO passes (hash, user_id, epoch, key_id, expires_at, session_expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			pass.Hash[:], pass.User, pass.Epoch, pass.KeyID, pass.ExpiresAt.UnixMicro(), sessionEnds)
		return err
	})
}

// TakePass finds and deletes a pass.
func (s *Store) TakePass(ctx context.Context, hash [32]byte, now time.Time) (pass store.Pass, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		pass, err = selectOne(ctx, tx, scanPass, model.ErrInvalidToken, `
			DELETE FROM passes WHERE hash = ?
			RETURNING hash, user_id, epoch, key_id, expires_at, session_expires_at`, hash[:])
		return err
	})
	if err == nil && !now.Before(pass.ExpiresAt) {
		err = model.ErrInvalidToken
	}
	if err != nil {
		return store.Pass{}, err
	}
	return pass, nil
}

func scanPass(from row) (store.Pass, error) {
	var pass store.Pass
	var hash []byte
	var expiresAt instant
	var sessionEnds sql.Null[instant]
	err := from.Scan(&hash, &pass.User, &pass.Epoch, &pass.KeyID, &expiresAt, &sessionEnds)
	copy(pass.Hash[:], hash)
	pass.ExpiresAt = expiresAt.time()
	if sessionEnds.Valid {
		pass.SessionExpiresAt = sessionEnds.V.time()
	}
	return pass, err
}
