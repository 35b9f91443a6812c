package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const userColumns = `
	id, COALESCE(external_id, ''), COALESCE(username, ''), display_name, email, avatar, properties,
	guest, token_epoch, created_at, updated_at`

func scanUser(row pgx.CollectableRow) (model.User, error) {
	var user model.User
	err := row.Scan(
		&user.ID, &user.ExternalID, &user.Username, &user.DisplayName, &user.Email, &user.Avatar,
		(*[]byte)(&user.Properties), &user.Guest, &user.TokenEpoch, &user.CreatedAt, &user.UpdatedAt)
	return user, err
}

// CreateUser stores a user.
func (s *Store) CreateUser(ctx context.Context, user store.NewUser) (model.User, error) {
	created, err := queryOne(ctx, s, scanUser, nil, `
		INSERT INTO users (
			external_id, username, username_key, display_name, email, avatar, properties, guest,
			created_at, updated_at
		)
		SELECT NULLIF($1, ''), NULLIF($2, ''), NULLIF($3, ''), $4, $5, $6, $7::json, $8, now.at, now.at
		FROM (SELECT clock_timestamp() AS at) AS now
		RETURNING`+userColumns,
		user.ExternalID, user.Username, identity.UsernameKey(user.Username), user.DisplayName, user.Email,
		user.Avatar, orEmptyObject(user.Properties), user.Guest)
	if violates(err, uniqueViolation, "") {
		return model.User{}, model.ErrUserExists.Because(err)
	}
	return created, err
}

// orEmptyObject gives properties that were left out the value that they have.
func orEmptyObject(properties json.RawMessage) string {
	if len(properties) == 0 {
		return "{}"
	}
	return string(properties)
}

// User finds one user.
func (s *Store) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	const query = "SELECT" + userColumns + " FROM users WHERE "
	switch {
	case ref.ID != 0:
		return queryOne(ctx, s, scanUser, model.ErrUserNotFound, query+"id = $1", ref.ID)
	case ref.ExternalID != "":
		return queryOne(ctx, s, scanUser, model.ErrUserNotFound, query+"external_id = $1", ref.ExternalID)
	}
	return queryOne(ctx, s, scanUser, model.ErrUserNotFound, query+"username_key = $1", identity.UsernameKey(ref.Username))
}

// UserIDs resolves references.
func (s *Store) UserIDs(ctx context.Context, refs []model.UserRef) ([]model.UserID, error) {
	ids := make([]int64, len(refs))
	externalIDs := make([]string, len(refs))
	usernameKeys := make([]string, len(refs))
	for i, ref := range refs {
		ids[i], externalIDs[i], usernameKeys[i] = int64(ref.ID), ref.ExternalID, identity.UsernameKey(ref.Username)
	}
	found, err := queryAll(ctx, s, pgx.RowTo[model.UserID], `
		SELECT COALESCE(by_id.id, by_external_id.id, by_username.id, 0)
		FROM unnest($1::bigint[], $2::text[], $3::text[])
			WITH ORDINALITY AS ref (id, external_id, username_key, position)
		LEFT JOIN users AS by_id ON by_id.id = ref.id
		LEFT JOIN users AS by_external_id ON by_external_id.external_id = ref.external_id
		LEFT JOIN users AS by_username ON by_username.username_key = ref.username_key
		ORDER BY ref.position`, ids, externalIDs, usernameKeys)
	if err != nil {
		return nil, err
	}
	for i, id := range found {
		if id == 0 {
			return nil, &store.UnknownReferenceError{Index: i, Err: model.ErrUserNotFound}
		}
	}
	return found, nil
}
