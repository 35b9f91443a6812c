package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	inviteColumns = " id, conversation_id, user_id, invited_by, role, status, created_at, updated_at"
	inviteQuery   = "SELECT" + inviteColumns + " FROM invites "
	// ofKnown leaves out what a deleted conversation still has.
	ofKnown = "EXISTS (SELECT 1 FROM conversations AS known WHERE known.id = conversation_id AND known.deleted_at IS NULL)"
)

func scanInvite(from row) (model.Invite, error) {
	var invite model.Invite
	var createdAt, updatedAt instant
	err := from.Scan(&invite.ID, &invite.Conversation, &invite.User, &invite.InvitedBy, &invite.Role, &invite.Status, &createdAt, &updatedAt)
	invite.CreatedAt, invite.UpdatedAt = createdAt.time(), updatedAt.time()
	return invite, err
}

// Invite finds one invite.
func (s *Store) Invite(ctx context.Context, id model.InviteID) (invite model.Invite, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		invite, err = selectOne(ctx, tx, scanInvite, model.ErrInviteNotFound, inviteQuery+"WHERE id = ? AND "+ofKnown, id)
		return err
	})
	return invite, err
}

// ListInvites reads a part of the invites.
func (s *Store) ListInvites(ctx context.Context, filter store.InviteFilter, page model.ListPage) ([]model.Invite, int64, error) {
	var where selection
	where.and(ofKnown)
	if filter.Conversation != 0 {
		where.and("conversation_id = ?", filter.Conversation)
	}
	if filter.User != 0 {
		where.and("user_id = ?", filter.User)
	}
	if filter.Status != "" {
		where.and("status = ?", filter.Status)
	}
	return listPage(ctx, s, scanInvite, listing{columns: inviteColumns, from: " FROM invites", where: where, id: "id", descending: true}, page)
}

const banColumns = " conversation_id, user_id, banned_by, reason, expires_at, created_at"

func scanBan(from row) (model.Ban, error) {
	var ban model.Ban
	var expiresAt sql.Null[instant]
	var createdAt instant
	err := from.Scan(&ban.Conversation, &ban.User, &ban.BannedBy, &ban.Reason, &expiresAt, &createdAt)
	ban.ExpiresAt, ban.CreatedAt = optionalTime(expiresAt), createdAt.time()
	return ban, err
}

func selectBan(ctx context.Context, tx *sql.Tx, conversation model.ConversationID, user model.UserID) (model.Ban, error) {
	return selectOne(ctx, tx, scanBan, model.ErrBanNotFound,
		"SELECT"+banColumns+" FROM bans WHERE conversation_id = ? AND user_id = ?", conversation, user)
}

// ListBans reads a part of a conversation's bans.
func (s *Store) ListBans(ctx context.Context, conversation model.ConversationID, page model.ListPage) ([]model.Ban, int64, error) {
	var where selection
	where.and("conversation_id = ? AND "+ofKnown, conversation)
	return listPage(ctx, s, scanBan, listing{columns: banColumns, from: " FROM bans", where: where, id: "user_id"}, page)
}

const reportColumns = " id, conversation_id, message_id, reporter, reason, properties, created_at"

var errNoReport = errors.New("a report was not stored")

func scanReport(from row) (model.Report, error) {
	var report model.Report
	var createdAt instant
	err := from.Scan(&report.ID, &report.Conversation, &report.Message, &report.Reporter, &report.Reason,
		(*[]byte)(&report.Properties), &createdAt)
	report.CreatedAt = createdAt.time()
	return report, err
}

// SaveReport stores a report.
func (s *Store) SaveReport(ctx context.Context, report model.Report) (stored model.Report, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if _, err := selectUser(ctx, tx, model.UserRef{ID: report.Reporter}); err != nil {
			return err
		}
		message, err := selectMessage(ctx, tx, report.Conversation, model.MessageRef{ID: report.Message})
		if err != nil {
			return err
		}
		if message.Deleted() {
			return model.ErrMessageDeleted
		}
		stored, err = selectOne(ctx, tx, scanReport, errNoReport, `
			INSERT INTO reports (conversation_id, message_id, reporter, reason, properties, created_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (message_id, reporter) DO UPDATE
			SET reason = excluded.reason, properties = excluded.properties, created_at = excluded.created_at
			RETURNING`+reportColumns,
			report.Conversation, report.Message, report.Reporter, report.Reason, orEmptyObject(report.Properties), s.instant())
		return err
	})
	return stored, err
}

// DeleteReport deletes a reporter's report.
func (s *Store) DeleteReport(ctx context.Context, conversation model.ConversationID, message model.MessageID, reporter model.UserID) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		deleted, err := execute(ctx, tx, "DELETE FROM reports WHERE conversation_id = ? AND message_id = ? AND reporter = ? AND "+ofKnown,
			conversation, message, reporter)
		if err == nil && deleted == 0 {
			return model.ErrReportNotFound
		}
		return err
	})
}

// ListReports reads a part of the reports.
func (s *Store) ListReports(ctx context.Context, filter store.ReportFilter, page model.ListPage) ([]model.Report, int64, error) {
	var where selection
	where.and(ofKnown)
	if filter.Conversation != 0 {
		where.and("conversation_id = ?", filter.Conversation)
	}
	if filter.Message != 0 {
		where.and("message_id = ?", filter.Message)
	}
	if filter.Reporter != 0 {
		where.and("reporter = ?", filter.Reporter)
	}
	return listPage(ctx, s, scanReport, listing{columns: reportColumns, from: " FROM reports", where: where, id: "id", descending: true}, page)
}
