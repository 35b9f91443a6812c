package sqlite

import (
	"context"
	"database/sql"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const auditColumns = " id, action, key, actor, user_id, conversation_id, message_id, details, created_at"

func scanAudit(from row) (model.AuditEvent, error) {
	var event model.AuditEvent
	var createdAt instant
	err := from.Scan(&event.ID, &event.Action, &event.Key, &event.Actor, &event.User, &event.Conversation, &event.Message,
		(*[]byte)(&event.Details), &createdAt)
	event.CreatedAt = createdAt.time()
	return event, err
}

// AddAudit stores an audit event.
func (s *Store) AddAudit(ctx context.Context, event model.AuditEvent) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.insertAudit(ctx, tx, event) })
}

func (s *Store) insertAudit(ctx context.Context, tx *sql.Tx, event model.AuditEvent) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit (action, key, actor, user_id, conversation_id, message_id, details, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		event.Action, event.Key, event.Actor, event.User, event.Conversation, event.Message, orNull(string(event.Details)), s.instant())
	return err
}

// ListAudit reads a part of the audit.
func (s *Store) ListAudit(ctx context.Context, filter store.AuditFilter, page model.ListPage) ([]model.AuditEvent, int64, error) {
	// The indexes leave out what concerns nobody, and are used when a condition
	// says so.
	var where selection
	if filter.Action != "" {
		where.and("action = ?", filter.Action)
	}
	if filter.Actor != 0 {
		where.and("actor = ? AND actor <> 0", filter.Actor)
	}
	if filter.User != 0 {
		where.and("user_id = ? AND user_id <> 0", filter.User)
	}
	if filter.Conversation != 0 {
		where.and("conversation_id = ? AND conversation_id <> 0", filter.Conversation)
	}
	if !filter.Since.IsZero() {
		where.and("created_at >= ?", filter.Since.UnixMicro())
	}
	return listPage(ctx, s, scanAudit, listing{columns: auditColumns, from: " FROM audit", where: where, id: "id", descending: true}, page)
}
