package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const userColumns = `
	id, COALESCE(external_id, ''), COALESCE(username, ''), display_name, email, avatar, properties,
	guest, token_epoch, created_at, updated_at`

func scanUser(from row) (model.User, error) {
	var user model.User
	var createdAt, updatedAt instant
	err := from.Scan(
		&user.ID, &user.ExternalID, &user.Username, &user.DisplayName, &user.Email, &user.Avatar,
		(*[]byte)(&user.Properties), &user.Guest, &user.TokenEpoch, &createdAt, &updatedAt)
	user.CreatedAt, user.UpdatedAt = createdAt.time(), updatedAt.time()
	return user, err
}

// CreateUser stores a user.
func (s *Store) CreateUser(ctx context.Context, user store.NewUser) (created model.User, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		now := s.instant()
		created, err = selectOne(ctx, tx, scanUser, nil, `
			INSERT INTO users (
				external_id, username, username_key, display_name, email, avatar, properties, guest,
				created_at, updated_at
			)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			RETURNING`+userColumns,
			orNull(user.ExternalID), orNull(user.Username), orNull(identity.UsernameKey(user.Username)),
			user.DisplayName, user.Email, user.Avatar, orEmptyObject(user.Properties), user.Guest, now, now)
		return err
	})
	if isTaken(err, "") {
		return model.User{}, model.ErrUserExists.Because(err)
	}
	return created, err
}

// User finds one user.
func (s *Store) User(ctx context.Context, ref model.UserRef) (user model.User, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		user, err = selectUser(ctx, tx, ref)
		return err
	})
	return user, err
}

func selectUser(ctx context.Context, tx *sql.Tx, ref model.UserRef) (model.User, error) {
	const query = "SELECT" + userColumns + " FROM users WHERE "
	switch {
	case ref.ID != 0:
		return selectOne(ctx, tx, scanUser, model.ErrUserNotFound, query+"id = ?", ref.ID)
	case ref.ExternalID != "":
		return selectOne(ctx, tx, scanUser, model.ErrUserNotFound, query+"external_id = ?", ref.ExternalID)
	}
	return selectOne(ctx, tx, scanUser, model.ErrUserNotFound, query+"username_key = ?", identity.UsernameKey(ref.Username))
}

// UserIDs resolves references.
func (s *Store) UserIDs(ctx context.Context, refs []model.UserRef) ([]model.UserID, error) {
	ids := make([]model.UserID, len(refs))
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for i, ref := range refs {
			user, err := selectUser(ctx, tx, ref)
			if errors.Is(err, model.ErrUserNotFound) {
				return &store.UnknownReferenceError{Index: i, Err: err}
			}
			if err != nil {
				return err
			}
			ids[i] = user.ID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}
