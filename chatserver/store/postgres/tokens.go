package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// SaveRefreshToken stores the first token of a family.
func (s *Store) SaveRefreshToken(ctx context.Context, token model.RefreshToken) error {
	stored, err := s.execute(ctx, insertRefresh, refreshTokenArguments(token)...)
	if err == nil && stored == 0 {
		return model.ErrUserNotFound
	}
	return err
}

// insertRefresh keeps the user from being erased at the same time.
const insertRefresh = `
	INSERT INTO refresh_tokens (hash, family, user_id, epoch, expires_at)
	SELECT $1, $2, person.id, $4, $5
	FROM users AS person
	WHERE person.id = $3 AND person.erased_at IS NULL
	FOR KEY SHARE`

func refreshTokenArguments(token model.RefreshToken) []any {
	return []any{token.Hash[:], token.Family, token.User, token.Epoch, token.ExpiresAt}
}

// usedToken is what is known of a token that somebody presents.
type usedToken struct {
	Family    string
	Epoch     int64
	ExpiresAt time.Time
	Used      bool
}

// RotateRefreshToken uses up a token and stores the next one.
func (s *Store) RotateRefreshToken(ctx context.Context, hash [32]byte, next model.RefreshToken, now time.Time) (model.User, error) {
	var user model.User
	var refusal error
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var token usedToken
		var err error
		user, token, err = lockRefreshToken(ctx, tx, hash)
		if err != nil {
			return err
		}
		switch {
		case token.Used:
			// The deletion is committed, so this is no error of the transaction.
			refusal = model.ErrRefreshReused
			_, err = tx.Exec(ctx, "DELETE FROM refresh_tokens WHERE user_id = $1 AND family = $2", user.ID, token.Family)
			return err
		case token.Epoch < user.TokenEpoch || !now.Before(token.ExpiresAt):
			return model.ErrInvalidRefresh
		}
		next.Family, next.User, next.Epoch = token.Family, user.ID, token.Epoch
		batch := &pgx.Batch{}
		batch.Queue("UPDATE refresh_tokens SET used_at = clock_timestamp() WHERE hash = $1", hash[:])
		batch.Queue(insertRefresh, refreshTokenArguments(next)...)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return model.User{}, err
	}
	return user, nil
}

// lockRefreshToken locks the user before the token, as whoever revokes or erases
// does.
func lockRefreshToken(ctx context.Context, tx pgx.Tx, hash [32]byte) (user model.User, token usedToken, err error) {
	id, err := selectOne(ctx, tx, pgx.RowTo[model.UserID], model.ErrInvalidRefresh,
		"SELECT user_id FROM refresh_tokens WHERE hash = $1", hash[:])
	if err != nil {
		return user, token, err
	}
	query, argument := userQuery(model.UserRef{ID: id})
	if user, err = selectOne(ctx, tx, scanUser, model.ErrInvalidRefresh, query+" FOR SHARE", argument); err != nil {
		return user, token, err
	}
	token, err = selectOne(ctx, tx, pgx.RowToStructByPos[usedToken], model.ErrInvalidRefresh, `
		SELECT family, epoch, expires_at, used_at IS NOT NULL
		FROM refresh_tokens
		WHERE hash = $1
		FOR UPDATE`, hash[:])
	return user, token, err
}

// RevokeTokens raises the user's token epoch.
func (s *Store) RevokeTokens(ctx context.Context, user model.UserID) (model.User, error) {
	var revoked model.User
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) (err error) {
		revoked, err = selectOne(ctx, tx, scanUser, model.ErrUserNotFound, `
			UPDATE users AS person
			SET token_epoch = person.token_epoch + 1, tokens_revoked_at = clock_timestamp()
			WHERE person.id = $1 AND person.erased_at IS NULL
			RETURNING`+userColumns, user)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "DELETE FROM refresh_tokens WHERE user_id = $1", user)
		return err
	})
	return revoked, err
}

// RevokedSince lists users whose tokens were revoked lately.
func (s *Store) RevokedSince(ctx context.Context, since time.Time) ([]store.UserEpoch, error) {
	return queryAll(ctx, s, pgx.RowToStructByPos[store.UserEpoch],
		"SELECT id, token_epoch FROM users WHERE tokens_revoked_at >= $1 ORDER BY id", since)
}

// DeleteExpired deletes what expired, at most so many of each.
func (s *Store) DeleteExpired(ctx context.Context, before time.Time, limit int) (int64, error) {
	var deleted int64
	for _, statement := range []string{
		"DELETE FROM refresh_tokens WHERE hash = ANY (ARRAY(SELECT hash FROM refresh_tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2))",
		"DELETE FROM passes WHERE hash = ANY (ARRAY(SELECT hash FROM passes WHERE expires_at < $1 ORDER BY expires_at LIMIT $2))",
	} {
		count, err := s.execute(ctx, statement, before, limit)
		if err != nil {
			return deleted, err
		}
		deleted += count
	}
	return deleted, nil
}

// SavePass stores a connect pass.
func (s *Store) SavePass(ctx context.Context, pass store.Pass) error {
	stored, err := s.execute(ctx, `
		INSERT INTO passes (hash, user_id, epoch, key_id, expires_at, session_expires_at)
		SELECT $1, person.id, $3, $4, $5, $6
		FROM users AS person
		WHERE person.id = $2 AND person.erased_at IS NULL
		FOR KEY SHARE`,
		pass.Hash[:], pass.User, pass.Epoch, pass.KeyID, pass.ExpiresAt, orNever(pass.SessionExpiresAt))
	if err == nil && stored == 0 {
		return model.ErrUserNotFound
	}
	return err
}

// orNever stores the zero time as NULL.
func orNever(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// TakePass finds and deletes a pass. An expired one goes too.
func (s *Store) TakePass(ctx context.Context, hash [32]byte, now time.Time) (store.Pass, error) {
	pass, err := queryOne(ctx, s, scanPass, model.ErrInvalidToken, `
		DELETE FROM passes
		WHERE hash = $1
		RETURNING user_id, epoch, key_id, expires_at, session_expires_at`, hash[:])
	if err != nil {
		return store.Pass{}, err
	}
	if !now.Before(pass.ExpiresAt) {
		return store.Pass{}, model.ErrInvalidToken
	}
	pass.Hash = hash
	return pass, nil
}

func scanPass(row pgx.CollectableRow) (store.Pass, error) {
	var pass store.Pass
	var sessionExpiresAt *time.Time
	err := row.Scan(&pass.User, &pass.Epoch, &pass.KeyID, &pass.ExpiresAt, &sessionExpiresAt)
	if sessionExpiresAt != nil {
		pass.SessionExpiresAt = *sessionExpiresAt
	}
	return pass, err
}
