package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const userColumns = `
	id, COALESCE(external_id, ''), COALESCE(username, ''), display_name, email, avatar, properties,
	role, permissions, account_status, guest, version, last_active_at, created_at, updated_at, token_epoch,
	tokens_revoked_at`

func scanUser(from row) (model.User, error) {
	var user model.User
	var createdAt, updatedAt instant
	var lastActiveAt, tokensRevokedAt sql.Null[instant]
	err := from.Scan(
		&user.ID, &user.ExternalID, &user.Username, &user.DisplayName, &user.Email, &user.Avatar,
		(*[]byte)(&user.Properties), &user.Role, column[model.Permissions]{&user.Permissions}, &user.AccountStatus,
		&user.Guest, &user.Version, &lastActiveAt, &createdAt, &updatedAt, &user.TokenEpoch, &tokensRevokedAt)
	user.CreatedAt, user.UpdatedAt = createdAt.time(), updatedAt.time()
	user.LastActiveAt, user.TokensRevokedAt = optionalTime(lastActiveAt), optionalTime(tokensRevokedAt)
	return user, err
}

// CreateUser stores a user.
func (s *Store) CreateUser(ctx context.Context, user store.NewUser) (created model.User, err error) {
	if user.Role == "" {
		user.Role = model.UserPlain
	}
	permissions, err := asColumn(user.Permissions, len(user.Permissions) == 0)
	if err != nil {
		return model.User{}, err
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		now := s.instant()
		created, err = selectOne(ctx, tx, scanUser, nil, `
			INSERT INTO users (
				external_id, username, username_key, display_name, name_key, email, avatar, properties, guest,
				role, permissions, may_send, may_receive, created_at, updated_at
			)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			RETURNING`+userColumns,
			orNull(user.ExternalID), orNull(user.Username), orNull(identity.UsernameKey(user.Username)),
			user.DisplayName, identity.NameKey(user.DisplayName), user.Email, user.Avatar, orEmptyObject(user.Properties),
			user.Guest, user.Role, permissions, !user.Permissions.Denies(model.MessageSend),
			!user.Permissions.Denies(model.MessageReceive), now, now)
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
	const query = "SELECT" + userColumns + " FROM users WHERE erased_at IS NULL AND "
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

// UserIDsByUsername resolves usernames.
func (s *Store) UserIDsByUsername(ctx context.Context, usernames []string) (map[string]model.UserID, error) {
	found := make(map[string]model.UserID, len(usernames))
	err := s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, username := range usernames {
			user, err := selectUser(ctx, tx, model.UserRef{Username: username})
			switch {
			case err == nil:
				found[username] = user.ID
			case !errors.Is(err, model.ErrUserNotFound):
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// UsersByID reads users by id.
func (s *Store) UsersByID(ctx context.Context, ids []model.UserID) (users []model.User, err error) {
	wanted, err := list(plain(ids))
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		users, err = selectAll(ctx, tx, scanUser, "SELECT"+userColumns+`
			FROM users WHERE id IN (SELECT value FROM json_each(?)) AND erased_at IS NULL`, wanted)
		return err
	})
	return users, err
}

// ListUsers reads a part of the users.
func (s *Store) ListUsers(ctx context.Context, filter store.UserFilter, page model.ListPage) ([]model.User, int64, error) {
	where, err := selectUsers(filter)
	if err != nil {
		return nil, 0, err
	}
	return listPage(ctx, s, scanUser, listing{columns: userColumns, from: " FROM users", where: where, id: "id"}, page)
}

func selectUsers(filter store.UserFilter) (selection, error) {
	var where selection
	where.and("erased_at IS NULL")
	if filter.Search != "" {
		where.andPrefix([]string{"name_key", "username_key"}, identity.NameKey(filter.Search))
	}
	if filter.DisplayName != "" {
		where.and("name_key = ?", identity.NameKey(filter.DisplayName))
	}
	if filter.AccountStatus != "" {
		where.and("account_status = ?", filter.AccountStatus)
	}
	if filter.Guest != nil {
		where.and("guest = ?", *filter.Guest)
	}
	if !filter.ActiveSince.IsZero() {
		where.and("last_active_at >= ?", filter.ActiveSince.UnixMicro())
	}
	if len(filter.Roles) > 0 {
		if err := where.andAmong("role", filter.Roles); err != nil {
			return selection{}, err
		}
	}
	if filter.IDs != nil {
		if err := where.andAmong("id", plain(filter.IDs)); err != nil {
			return selection{}, err
		}
	}
	return where, nil
}

// TouchUsers records activity.
func (s *Store) TouchUsers(ctx context.Context, active map[model.UserID]time.Time) error {
	if len(active) == 0 {
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for user, at := range active {
			if _, err := tx.ExecContext(ctx, `
				UPDATE users SET last_active_at = ?2
				WHERE id = ?1 AND erased_at IS NULL AND (last_active_at IS NULL OR last_active_at < ?2)`,
				user, at.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}
