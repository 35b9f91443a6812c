package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"maps"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

// UpdateUser changes a user.
func (s *Store) UpdateUser(ctx context.Context, user model.UserID, change func(*model.User) error) (changed model.User, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		before, err := selectUser(ctx, tx, model.UserRef{ID: user})
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
		changed, err = s.updateUser(ctx, tx, user, changed)
		return err
	})
	if isTaken(err, "users.") {
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

func (s *Store) updateUser(ctx context.Context, tx *sql.Tx, id model.UserID, user model.User) (model.User, error) {
	permissions, err := asColumn(user.Permissions, len(user.Permissions) == 0)
	if err != nil {
		return model.User{}, err
	}
	return selectOne(ctx, tx, scanUser, model.ErrUserNotFound, `
		UPDATE users
		SET external_id = ?2, username = ?3, username_key = ?4, display_name = ?5, name_key = ?6, email = ?7,
			avatar = ?8, properties = ?9, guest = ?10, role = ?11, permissions = ?12, may_send = ?13,
			may_receive = ?14, account_status = ?15, version = version + 1, updated_at = ?16
		WHERE id = ?1
		RETURNING`+userColumns,
		id, orNull(user.ExternalID), orNull(user.Username), orNull(identity.UsernameKey(user.Username)), user.DisplayName,
		identity.NameKey(user.DisplayName), user.Email, user.Avatar, orEmptyObject(user.Properties), user.Guest, user.Role,
		permissions, !user.Permissions.Denies(model.MessageSend), !user.Permissions.Denies(model.MessageReceive),
		user.AccountStatus, s.instant())
}

// EraseUser blanks a user's row.
func (s *Store) EraseUser(ctx context.Context, user model.UserID, job store.NewJob, audit model.AuditEvent) (stored model.Job, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: user}); err != nil {
			return err
		}
		for _, statement := range []string{
			`UPDATE users
			SET external_id = NULL, username = NULL, username_key = NULL, display_name = '', name_key = '', email = '',
				avatar = '', properties = '{}', guest = 0, role = 'user', permissions = NULL, may_send = 0,
				may_receive = 0, account_status = 'active', last_active_at = NULL, version = version + 1, token_epoch = token_epoch + 1,
				tokens_revoked_at = ?2, erased_at = ?2, created_at = ?2, updated_at = ?2
			WHERE id = ?1`,
			"DELETE FROM user_secrets WHERE user_id = ?1",
			"DELETE FROM blocks WHERE blocker = ?1 OR blocked = ?1",
			"DELETE FROM refresh_tokens WHERE user_id = ?1",
			"DELETE FROM passes WHERE user_id = ?1",
			"DELETE FROM sessions WHERE user_id = ?1",
		} {
			if _, err := tx.ExecContext(ctx, statement, user, s.instant()); err != nil {
				return err
			}
		}
		if stored, err = s.insertJob(ctx, tx, job); err != nil {
			return err
		}
		return s.insertAudit(ctx, tx, audit)
	})
	if err != nil {
		return model.Job{}, err
	}
	return stored, nil
}
