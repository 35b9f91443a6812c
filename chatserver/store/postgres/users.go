package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const userColumns = `
	person.id, COALESCE(person.external_id, ''), COALESCE(person.username, ''), person.display_name, person.email,
	person.avatar, person.properties, person.role, person.permissions, person.account_status, person.guest,
	person.version, person.last_active_at, person.created_at, person.updated_at, person.token_epoch,
	person.tokens_revoked_at`

func scanUser(row pgx.CollectableRow) (model.User, error) {
	var user model.User
	err := row.Scan(
		&user.ID, &user.ExternalID, &user.Username, &user.DisplayName, &user.Email,
		&user.Avatar, (*[]byte)(&user.Properties), &user.Role, &user.Permissions, &user.AccountStatus, &user.Guest,
		&user.Version, &user.LastActiveAt, &user.CreatedAt, &user.UpdatedAt, &user.TokenEpoch,
		&user.TokensRevokedAt)
	return user, err
}

// CreateUser stores a user.
func (s *Store) CreateUser(ctx context.Context, user store.NewUser) (model.User, error) {
	if user.Role == "" {
		user.Role = model.UserPlain
	}
	created, err := queryOne(ctx, s, scanUser, nil, `
		INSERT INTO users AS person (
			external_id, username, username_key, display_name, name_key, email, avatar, properties, guest,
			role, permissions, may_send, may_receive, created_at, updated_at
		)
		SELECT NULLIF($1, ''), NULLIF($2, ''), NULLIF($3, ''), $4, $5, $6, $7, $8::json, $9,
			$10, $11::json, $12, $13, now.at, now.at
		FROM (SELECT clock_timestamp() AS at) AS now
		RETURNING`+userColumns,
		user.ExternalID, user.Username, identity.UsernameKey(user.Username), user.DisplayName,
		identity.NameKey(user.DisplayName), user.Email, user.Avatar, orEmptyObject(user.Properties), user.Guest,
		user.Role, orNull(user.Permissions), !user.Permissions.Denies(model.MessageSend),
		!user.Permissions.Denies(model.MessageReceive))
	if isTaken(err, "") {
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

// orNull stores no overrides as NULL.
func orNull(permissions model.Permissions) any {
	if len(permissions) == 0 {
		return nil
	}
	return permissions
}

// userQuery finds a user by its reference.
func userQuery(ref model.UserRef) (query string, argument any) {
	const all = "SELECT" + userColumns + " FROM users AS person WHERE person.erased_at IS NULL AND "
	switch {
	case ref.ID != 0:
		return all + "person.id = $1", ref.ID
	case ref.ExternalID != "":
		return all + "person.external_id = $1", ref.ExternalID
	}
	return all + "person.username_key = $1", identity.UsernameKey(ref.Username)
}

// User finds one user.
func (s *Store) User(ctx context.Context, ref model.UserRef) (model.User, error) {
	query, argument := userQuery(ref)
	return queryOne(ctx, s, scanUser, model.ErrUserNotFound, query, argument)
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
		LEFT JOIN users AS by_id ON by_id.id = ref.id AND by_id.erased_at IS NULL
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

// UserIDsByUsername resolves usernames.
func (s *Store) UserIDsByUsername(ctx context.Context, usernames []string) (map[string]model.UserID, error) {
	keys := make([]string, len(usernames))
	for i, username := range usernames {
		keys[i] = identity.UsernameKey(username)
	}
	ids, err := queryAll(ctx, s, pgx.RowTo[model.UserID], `
		SELECT COALESCE(person.id, 0)
		FROM unnest($1::text[]) WITH ORDINALITY AS given (username_key, position)
		LEFT JOIN users AS person ON person.username_key = given.username_key AND person.erased_at IS NULL
		ORDER BY given.position`, keys)
	if err != nil {
		return nil, err
	}
	found := make(map[string]model.UserID, len(ids))
	for i, id := range ids {
		if id != 0 {
			found[usernames[i]] = id
		}
	}
	return found, nil
}

// UsersByID reads users by id.
func (s *Store) UsersByID(ctx context.Context, ids []model.UserID) ([]model.User, error) {
	return queryAll(ctx, s, scanUser,
		"SELECT"+userColumns+" FROM users AS person WHERE person.id = ANY ($1) AND person.erased_at IS NULL", int64s(ids))
}

// ListUsers reads a part of the users.
func (s *Store) ListUsers(ctx context.Context, filter store.UserFilter, page model.ListPage) ([]model.User, int64, error) {
	var where selection
	where.and("person.erased_at IS NULL")
	if filter.Search != "" {
		where.andPrefix([]string{"person.name_key", "person.username_key"}, identity.NameKey(filter.Search))
	}
	if filter.DisplayName != "" {
		where.and("person.name_key = ?", identity.NameKey(filter.DisplayName))
	}
	if len(filter.Roles) > 0 {
		where.and("person.role = ANY (?)", texts(filter.Roles))
	}
	if filter.AccountStatus != "" {
		where.and("person.account_status = ?", filter.AccountStatus)
	}
	if filter.Guest != nil {
		where.and("person.guest = ?", *filter.Guest)
	}
	if filter.IDs != nil {
		where.and("person.id = ANY (?)", int64s(filter.IDs))
	}
	if !filter.ActiveSince.IsZero() {
		where.and("person.last_active_at >= ?", filter.ActiveSince)
	}
	return list(ctx, s, scanUser, listing{columns: userColumns, from: " FROM users AS person", where: where, id: "person.id"}, page)
}

// TouchUsers records activity. The users are locked in their order.
func (s *Store) TouchUsers(ctx context.Context, active map[model.UserID]time.Time) error {
	if len(active) == 0 {
		return nil
	}
	ids, times := make([]int64, 0, len(active)), make([]time.Time, 0, len(active))
	for id, at := range active {
		ids, times = append(ids, int64(id)), append(times, at)
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("SELECT FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", ids)
		batch.Queue(`
			UPDATE users AS person
			SET last_active_at = item.at
			FROM unnest($1::bigint[], $2::timestamptz[]) AS item (id, at)
			WHERE person.id = item.id AND person.erased_at IS NULL
				AND (person.last_active_at IS NULL OR person.last_active_at < item.at)`, ids, times)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// texts gives named strings the type that pgx knows how to send.
func texts[T ~string](names []T) []string {
	plain := make([]string, len(names))
	for i, name := range names {
		plain[i] = string(name)
	}
	return plain
}
