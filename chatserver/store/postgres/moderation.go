package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	banColumns    = " ban.conversation_id, ban.user_id, ban.banned_by, ban.reason, ban.expires_at, ban.created_at"
	inviteColumns = `
	invite.id, invite.conversation_id, invite.user_id, invite.invited_by, invite.role, invite.status,
	invite.created_at, invite.updated_at`
	reportColumns = `
	report.id, report.conversation_id, report.message_id, report.reporter, report.reason, report.properties,
	report.created_at`
	auditColumns = `
	event.id, event.action, event.key, event.actor, event.user_id, event.conversation_id, event.message_id,
	event.details, event.created_at`

	knownInvites = `
	FROM invites AS invite
	JOIN conversations AS conversation ON conversation.id = invite.conversation_id AND conversation.deleted_at IS NULL`
	knownBans = `
	FROM bans AS ban
	JOIN conversations AS conversation ON conversation.id = ban.conversation_id AND conversation.deleted_at IS NULL`
	knownReports = `
	FROM reports AS report
	JOIN conversations AS conversation ON conversation.id = report.conversation_id AND conversation.deleted_at IS NULL`
)

// Invite finds one invite.
func (s *Store) Invite(ctx context.Context, id model.InviteID) (model.Invite, error) {
	return queryOne(ctx, s, pgx.RowToStructByPos[model.Invite], model.ErrInviteNotFound,
		"SELECT"+inviteColumns+knownInvites+" WHERE invite.id = $1", id)
}

// ListInvites reads a part of the invites.
func (s *Store) ListInvites(ctx context.Context, filter store.InviteFilter, page model.ListPage) ([]model.Invite, int64, error) {
	var where selection
	if filter.Conversation != 0 {
		where.and("invite.conversation_id = ?", filter.Conversation)
	}
	if filter.User != 0 {
		where.and("invite.user_id = ?", filter.User)
	}
	if filter.Status != "" {
		where.and("invite.status = ?", filter.Status)
	}
	return list(ctx, s, pgx.RowToStructByPos[model.Invite], listing{
		columns: inviteColumns, from: knownInvites, where: where, id: "invite.id", descending: true,
	}, page)
}

// ListBans reads a part of a conversation's bans.
func (s *Store) ListBans(ctx context.Context, conversation model.ConversationID, page model.ListPage) ([]model.Ban, int64, error) {
	var where selection
	where.and("ban.conversation_id = ?", conversation)
	return list(ctx, s, pgx.RowToStructByPos[model.Ban], listing{
		columns: banColumns, from: knownBans, where: where, id: "ban.user_id",
	}, page)
}

// SaveReport stores a report. A report that replaces an earlier one is as new as
// any other.
func (s *Store) SaveReport(ctx context.Context, report model.Report) (model.Report, error) {
	var stored model.Report
	err := s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUsers(ctx, tx, []model.UserID{report.Reporter}); err != nil {
			return err
		}
		// The lock keeps the message from becoming a tombstone meanwhile.
		if _, err := selectOne(ctx, tx, pgx.RowTo[int64], model.ErrMessageNotFound, `
			SELECT message.seq
			FROM messages AS message
			WHERE message.conversation_id = $1 AND message.id = $2 AND message.deleted_at IS NULL AND `+ofKnownConversation+`
			FOR SHARE`, report.Conversation, report.Message); err != nil {
			return err
		}
		var err error
		stored, err = selectOne(ctx, tx, scanReport, nil, `
			INSERT INTO reports AS report (conversation_id, message_id, reporter, reason, properties, created_at)
			VALUES ($1, $2, $3, $4, $5::json, clock_timestamp())
			ON CONFLICT (message_id, reporter) DO UPDATE
			SET reason = excluded.reason, properties = excluded.properties, created_at = excluded.created_at
			RETURNING`+reportColumns,
			report.Conversation, report.Message, report.Reporter, report.Reason, orEmptyObject(report.Properties))
		return err
	})
	return stored, err
}

func scanReport(row pgx.CollectableRow) (model.Report, error) {
	var report model.Report
	err := row.Scan(&report.ID, &report.Conversation, &report.Message, &report.Reporter, &report.Reason,
		(*[]byte)(&report.Properties), &report.CreatedAt)
	return report, err
}

// DeleteReport deletes a reporter's report about a message.
func (s *Store) DeleteReport(
	ctx context.Context, conversation model.ConversationID, message model.MessageID, reporter model.UserID,
) error {
	deleted, err := s.execute(ctx,
		"DELETE FROM reports WHERE conversation_id = $1 AND message_id = $2 AND reporter = $3", conversation, message, reporter)
	if err == nil && deleted == 0 {
		return model.ErrReportNotFound
	}
	return err
}

// ListReports reads a part of the reports.
func (s *Store) ListReports(ctx context.Context, filter store.ReportFilter, page model.ListPage) ([]model.Report, int64, error) {
	var where selection
	if filter.Conversation != 0 {
		where.and("report.conversation_id = ?", filter.Conversation)
	}
	if filter.Message != 0 {
		where.and("report.message_id = ?", filter.Message)
	}
	if filter.Reporter != 0 {
		where.and("report.reporter = ?", filter.Reporter)
	}
	return list(ctx, s, scanReport, listing{
		columns: reportColumns, from: knownReports, where: where, id: "report.id", descending: true,
	}, page)
}

const insertAudit = `
	INSERT INTO audit (action, key, actor, user_id, conversation_id, message_id, details, created_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7::json, clock_timestamp())`

func auditArguments(event model.AuditEvent) []any {
	return []any{
		event.Action, event.Key, event.Actor, event.User, event.Conversation, event.Message, []byte(event.Details),
	}
}

// AddAudit stores an audit event.
func (s *Store) AddAudit(ctx context.Context, event model.AuditEvent) error {
	_, err := s.execute(ctx, insertAudit, auditArguments(event)...)
	return err
}

// ListAudit reads a part of the audit.
func (s *Store) ListAudit(ctx context.Context, filter store.AuditFilter, page model.ListPage) ([]model.AuditEvent, int64, error) {
	var where selection
	if filter.Action != "" {
		where.and("event.action = ?", filter.Action)
	}
	if filter.Actor != 0 {
		where.and("event.actor <> 0 AND event.actor = ?", filter.Actor)
	}
	if filter.User != 0 {
		where.and("event.user_id <> 0 AND event.user_id = ?", filter.User)
	}
	if filter.Conversation != 0 {
		where.and("event.conversation_id <> 0 AND event.conversation_id = ?", filter.Conversation)
	}
	if !filter.Since.IsZero() {
		where.and("event.created_at >= ?", filter.Since)
	}
	return list(ctx, s, scanAudit, listing{
		columns: auditColumns, from: " FROM audit AS event", where: where, id: "event.id", descending: true,
	}, page)
}

func scanAudit(row pgx.CollectableRow) (model.AuditEvent, error) {
	var event model.AuditEvent
	err := row.Scan(&event.ID, &event.Action, &event.Key, &event.Actor, &event.User, &event.Conversation, &event.Message,
		(*[]byte)(&event.Details), &event.CreatedAt)
	return event, err
}
