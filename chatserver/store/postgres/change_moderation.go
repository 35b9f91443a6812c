package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// Ban finds a ban, also one that is over.
func (c *change) Ban(ctx context.Context, user model.UserID) (model.Ban, error) {
	return changeOne(ctx, c, pgx.RowToStructByPos[model.Ban], model.ErrBanNotFound, "SELECT"+banColumns+`
		FROM bans AS ban
		WHERE ban.conversation_id = $1 AND ban.user_id = $2`, c.before.ID, user)
}

// SaveBan stores a ban.
func (c *change) SaveBan(ctx context.Context, ban model.Ban) error {
	stored, err := c.execute(ctx, `
		INSERT INTO bans (conversation_id, user_id, banned_by, reason, expires_at, created_at)
		SELECT $1, person.id, $3, $4, $5, $6
		FROM users AS person
		WHERE person.id = $2 AND person.erased_at IS NULL
		FOR KEY SHARE
		ON CONFLICT (conversation_id, user_id) DO UPDATE
		SET banned_by = excluded.banned_by, reason = excluded.reason, expires_at = excluded.expires_at,
			created_at = excluded.created_at`,
		c.before.ID, ban.User, ban.BannedBy, ban.Reason, ban.ExpiresAt, ban.CreatedAt)
	if err == nil && stored == 0 {
		return model.ErrUserNotFound
	}
	return err
}

// DeleteBan deletes a ban.
func (c *change) DeleteBan(ctx context.Context, user model.UserID) error {
	deleted, err := c.execute(ctx, "DELETE FROM bans WHERE conversation_id = $1 AND user_id = $2", c.before.ID, user)
	if err == nil && deleted == 0 {
		return model.ErrBanNotFound
	}
	return err
}

// Invite finds an invite of the conversation.
func (c *change) Invite(ctx context.Context, id model.InviteID) (model.Invite, error) {
	return changeOne(ctx, c, pgx.RowToStructByPos[model.Invite], model.ErrInviteNotFound, "SELECT"+inviteColumns+`
		FROM invites AS invite
		WHERE invite.id = $2 AND invite.conversation_id = $1`, c.before.ID, id)
}

// PendingInvite finds the pending invite of a user.
func (c *change) PendingInvite(ctx context.Context, user model.UserID) (model.Invite, error) {
	return changeOne(ctx, c, pgx.RowToStructByPos[model.Invite], model.ErrInviteNotFound, "SELECT"+inviteColumns+`
		FROM invites AS invite
		WHERE invite.conversation_id = $1 AND invite.user_id = $2 AND invite.status = 'pending'`, c.before.ID, user)
}

// SaveInvite stores an invite.
func (c *change) SaveInvite(ctx context.Context, invite model.Invite) (model.Invite, error) {
	if invite.ID == 0 {
		return changeOne(ctx, c, pgx.RowToStructByPos[model.Invite], model.ErrUserNotFound, `
			INSERT INTO invites AS invite (conversation_id, user_id, invited_by, role, status, created_at, updated_at)
			SELECT $1, person.id, $3, $4, $5, $6, $7
			FROM users AS person
			WHERE person.id = $2 AND person.erased_at IS NULL
			FOR KEY SHARE
			RETURNING`+inviteColumns,
			c.before.ID, invite.User, invite.InvitedBy, invite.Role, invite.Status, invite.CreatedAt, invite.UpdatedAt)
	}
	return changeOne(ctx, c, pgx.RowToStructByPos[model.Invite], model.ErrInviteNotFound, `
		UPDATE invites AS invite
		SET invited_by = $3, role = $4, status = $5, updated_at = $6
		WHERE invite.conversation_id = $1 AND invite.id = $2
		RETURNING`+inviteColumns,
		c.before.ID, invite.ID, invite.InvitedBy, invite.Role, invite.Status, invite.UpdatedAt)
}

// AddJob stores a job.
func (c *change) AddJob(ctx context.Context, job store.NewJob) (model.Job, error) {
	return changeOne(ctx, c, scanJob, nil, insertJob, jobArguments(job)...)
}

// AddAudit stores an audit event.
func (c *change) AddAudit(ctx context.Context, event model.AuditEvent) error {
	_, err := c.execute(ctx, insertAudit, auditArguments(event)...)
	return err
}
