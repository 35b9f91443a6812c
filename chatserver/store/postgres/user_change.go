package postgres

import (
	"bytes"
	"context"
	"maps"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// UpdateUser changes a user under the lock of its row.
func (s *Store) UpdateUser(ctx context.Context, user model.UserID, change func(*model.User) error) (model.User, error) {
	var changed model.User
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		query, argument := userQuery(model.UserRef{ID: user})
		before, err := selectOne(ctx, tx, scanUser, model.ErrUserNotFound, query+" FOR NO KEY UPDATE", argument)
		if err != nil {
			return err
		}
		changed = before
		changed.Permissions = maps.Clone(before.Permissions)
		if err := change(&changed); err != nil {
			return err
		}
		if sameUser(before, changed) {
			changed = before
			return nil
		}
		changed, err = updateUser(ctx, tx, user, changed)
		return err
	})
	if isTaken(err, "") {
		err = model.ErrUserExists.Because(err)
	}
	if err != nil {
		return model.User{}, err
	}
	return changed, nil
}

// sameUser compares what UpdateUser stores.
func sameUser(a, b model.User) bool {
	return a.ExternalID == b.ExternalID && a.Username == b.Username && a.DisplayName == b.DisplayName &&
		a.Email == b.Email && a.Avatar == b.Avatar && bytes.Equal(a.Properties, b.Properties) && a.Role == b.Role &&
		maps.Equal(a.Permissions, b.Permissions) && a.AccountStatus == b.AccountStatus && a.Guest == b.Guest
}

func updateUser(ctx context.Context, tx pgx.Tx, id model.UserID, user model.User) (model.User, error) {
	return selectOne(ctx, tx, scanUser, model.ErrUserNotFound, `
		UPDATE users AS person
		SET external_id = NULLIF($2, ''), username = NULLIF($3, ''), username_key = NULLIF($4, ''), display_name = $5,
			name_key = $6, email = $7, avatar = $8, properties = $9::json, guest = $10, role = $11,
			permissions = $12::json, may_send = $13, may_receive = $14, account_status = $15,
			version = person.version + 1, updated_at = clock_timestamp()
		WHERE person.id = $1
		RETURNING`+userColumns,
		id, user.ExternalID, user.Username, identity.UsernameKey(user.Username), user.DisplayName,
		identity.NameKey(user.DisplayName), user.Email, user.Avatar, orEmptyObject(user.Properties), user.Guest, user.Role,
		orNull(user.Permissions), !user.Permissions.Denies(model.MessageSend),
		!user.Permissions.Denies(model.MessageReceive), user.AccountStatus)
}

// EraseUser blanks a user's row. Its lock makes everybody wait who is about to
// store something that hangs on the user.
func (s *Store) EraseUser(ctx context.Context, user model.UserID, job store.NewJob, audit model.AuditEvent) (model.Job, error) {
	var stored model.Job
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		const lock = "SELECT id FROM users WHERE id = $1 AND erased_at IS NULL FOR UPDATE"
		if _, err := selectOne(ctx, tx, pgx.RowTo[int64], model.ErrUserNotFound, lock, user); err != nil {
			return err
		}
		var jobs []model.Job
		batch := &pgx.Batch{}
		batch.Queue(`
			UPDATE users
			SET external_id = NULL, username = NULL, username_key = NULL, display_name = '', name_key = '', email = '',
				avatar = '', properties = '{}', guest = false, role = 'user', permissions = NULL, may_send = false,
				may_receive = false, account_status = 'active', last_active_at = NULL, version = version + 1,
				token_epoch = token_epoch + 1, tokens_revoked_at = now.at, erased_at = now.at, created_at = now.at, updated_at = now.at
			FROM (SELECT clock_timestamp() AS at) AS now
			WHERE id = $1`, user)
		for _, statement := range []string{
			"DELETE FROM user_secrets WHERE user_id = $1",
			"DELETE FROM blocks WHERE blocker = $1 OR blocked = $1",
			"DELETE FROM refresh_tokens WHERE user_id = $1",
			"DELETE FROM passes WHERE user_id = $1",
			"DELETE FROM sessions WHERE user_id = $1",
		} {
			batch.Queue(statement, user)
		}
		batch.Queue(insertJob, jobArguments(job)...).Query(collect(&jobs, scanJob))
		batch.Queue(insertAudit, auditArguments(audit)...)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		stored = jobs[0]
		return nil
	})
	return stored, err
}
