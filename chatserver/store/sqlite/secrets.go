package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
)

// SetSecret stores a sealed value.
func (s *Store) SetSecret(ctx context.Context, user model.UserID, name string, sealed []byte) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: user}); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO user_secrets (user_id, name, sealed) VALUES (?, ?, ?)
			ON CONFLICT (user_id, name) DO UPDATE SET sealed = excluded.sealed`, user, name, sealed)
		return err
	})
}

// Secret finds a sealed value.
func (s *Store) Secret(ctx context.Context, user model.UserID, name string) (sealed []byte, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		sealed, err = selectOne(ctx, tx, func(from row) (value []byte, err error) { return value, from.Scan(&value) },
			model.ErrSecretNotFound, "SELECT sealed FROM user_secrets WHERE user_id = ? AND name = ?", user, name)
		return err
	})
	return sealed, err
}

// SecretNames lists the names of a user's secrets.
func (s *Store) SecretNames(ctx context.Context, user model.UserID) (names []string, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		names, err = selectAll(ctx, tx, func(from row) (name string, err error) { return name, from.Scan(&name) },
			"SELECT name FROM user_secrets WHERE user_id = ? ORDER BY name", user)
		return err
	})
	return names, err
}

// DeleteSecret deletes a value.
func (s *Store) DeleteSecret(ctx context.Context, user model.UserID, name string) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		deleted, err := execute(ctx, tx, "DELETE FROM user_secrets WHERE user_id = ? AND name = ?", user, name)
		if err == nil && deleted == 0 {
			return model.ErrSecretNotFound
		}
		return err
	})
}
