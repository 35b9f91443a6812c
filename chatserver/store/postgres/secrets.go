package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
)

// SetSecret stores a sealed value.
func (s *Store) SetSecret(ctx context.Context, user model.UserID, name string, sealed []byte) error {
	stored, err := s.execute(ctx, `
		INSERT INTO user_secrets (user_id, name, sealed)
		SELECT person.id, $2, $3
		FROM users AS person
		WHERE person.id = $1 AND person.erased_at IS NULL
		FOR KEY SHARE
		ON CONFLICT (user_id, name) DO UPDATE SET sealed = excluded.sealed`, user, name, sealed)
	if err == nil && stored == 0 {
		return model.ErrUserNotFound
	}
	return err
}

// Secret finds a sealed value.
func (s *Store) Secret(ctx context.Context, user model.UserID, name string) ([]byte, error) {
	return queryOne(ctx, s, pgx.RowTo[[]byte], model.ErrSecretNotFound,
		"SELECT sealed FROM user_secrets WHERE user_id = $1 AND name = $2", user, name)
}

// SecretNames lists the names of a user's secrets.
func (s *Store) SecretNames(ctx context.Context, user model.UserID) ([]string, error) {
	return queryAll(ctx, s, pgx.RowTo[string],
		`SELECT name FROM user_secrets WHERE user_id = $1 ORDER BY name COLLATE "C"`, user)
}

// DeleteSecret deletes a value.
func (s *Store) DeleteSecret(ctx context.Context, user model.UserID, name string) error {
	deleted, err := s.execute(ctx, "DELETE FROM user_secrets WHERE user_id = $1 AND name = $2", user, name)
	if err == nil && deleted == 0 {
		return model.ErrSecretNotFound
	}
	return err
}
