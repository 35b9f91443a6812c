package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const sessionColumns = " number, id, kind, user_id, conversation_id, parent, user_agent, started_at, ended_at"

func scanSession(from row) (store.SessionRow, error) {
	var session store.SessionRow
	var startedAt instant
	var endedAt sql.Null[instant]
	err := from.Scan(
		&session.Cursor.ID, &session.ID, &session.Kind, &session.User, &session.Conversation, &session.Parent,
		&session.UserAgent, &startedAt, &endedAt)
	session.StartedAt, session.EndedAt = startedAt.time(), optionalTime(endedAt)
	session.Cursor.Key = int64(startedAt)
	return session, err
}

// RecordSessions stores started sessions and stamps ended ones.
func (s *Store) RecordSessions(ctx context.Context, started []model.SessionRecord, ended map[string]time.Time) error {
	return s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, session := range started {
			if _, err := tx.ExecContext(ctx, `
				INSERT INTO sessions (id, kind, user_id, conversation_id, parent, user_agent, started_at, ended_at)
				SELECT ?, ?, id, ?, ?, ?, ?, ? FROM users WHERE id = ? AND erased_at IS NULL
				ON CONFLICT (id) DO NOTHING`,
				session.ID, session.Kind, session.Conversation, session.Parent, session.UserAgent,
				session.StartedAt.UnixMicro(), orNullTime(session.EndedAt), session.User); err != nil {
				return err
			}
		}
		for id, at := range ended {
			if _, err := tx.ExecContext(ctx, "UPDATE sessions SET ended_at = ? WHERE id = ?", at.UnixMicro(), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// orNullTime stores a time that may be missing.
func orNullTime(at *time.Time) any {
	if at == nil {
		return nil
	}
	return at.UnixMicro()
}

// ListSessions reads a part of the session records.
func (s *Store) ListSessions(ctx context.Context, filter store.SessionFilter, page model.ListPage) ([]store.SessionRow, int64, error) {
	var where selection
	if filter.Kind != "" {
		where.and("kind = ?", filter.Kind)
	}
	if filter.User != 0 {
		where.and("user_id = ?", filter.User)
	}
	if filter.Conversation != 0 {
		where.and("conversation_id = ? AND conversation_id <> 0", filter.Conversation) // as its index says
	}
	if filter.Ended != nil {
		where.and("(ended_at IS NOT NULL) = ?", *filter.Ended)
	}
	return listPage(ctx, s, scanSession, listing{
		columns: sessionColumns, from: " FROM sessions", where: where, time: "started_at", id: "number", descending: true,
	}, page)
}

// DeleteSessions deletes records that ended long ago.
func (s *Store) DeleteSessions(ctx context.Context, before time.Time, limit int) (deleted int64, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		deleted, err = execute(ctx, tx, `
			DELETE FROM sessions
			WHERE number IN (SELECT old.number FROM sessions AS old WHERE old.ended_at < ? ORDER BY old.ended_at LIMIT ?)`,
			before.UnixMicro(), limit)
		return err
	})
	return deleted, err
}
