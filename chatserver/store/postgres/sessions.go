package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const sessionColumns = `
	session.number, session.id, session.kind, session.user_id, session.conversation_id, session.parent,
	session.user_agent, session.started_at, session.ended_at`

func scanSession(row pgx.CollectableRow) (store.SessionRow, error) {
	var session store.SessionRow
	err := row.Scan(
		&session.Cursor.ID, &session.ID, &session.Kind, &session.User, &session.Conversation, &session.Parent,
		&session.UserAgent, &session.StartedAt, &session.EndedAt)
	session.Cursor.Key = session.StartedAt.UnixMicro()
	return session, err
}

// RecordSessions stores started sessions and stamps ended ones. Users are locked
// in their order, so that an erased one gets no new record.
func (s *Store) RecordSessions(ctx context.Context, started []model.SessionRecord, ended map[string]time.Time) error {
	n := len(started)
	ids, kinds, parents, agents := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	users, conversations := make([]int64, n), make([]int64, n)
	begins, ends := make([]time.Time, n), make([]*time.Time, n)
	for i, session := range started {
		ids[i], kinds[i], parents[i], agents[i] = session.ID, string(session.Kind), session.Parent, session.UserAgent
		users[i], conversations[i] = int64(session.User), int64(session.Conversation)
		begins[i], ends[i] = session.StartedAt, session.EndedAt
	}
	endedIDs, endedAt := make([]string, 0, len(ended)), make([]time.Time, 0, len(ended))
	for id, at := range ended {
		endedIDs, endedAt = append(endedIDs, id), append(endedAt, at)
	}
	return s.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue("SELECT FROM users WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", users)
		batch.Queue(`
			INSERT INTO sessions (id, kind, user_id, conversation_id, parent, user_agent, started_at, ended_at)
			SELECT item.id, item.kind, person.id, item.conversation_id, item.parent, item.user_agent, item.started_at, item.ended_at
			FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[], $8::timestamptz[])
				WITH ORDINALITY
				AS item (id, kind, user_id, conversation_id, parent, user_agent, started_at, ended_at, position)
			JOIN users AS person ON person.id = item.user_id AND person.erased_at IS NULL
			ORDER BY item.id, item.position
			ON CONFLICT (id) DO NOTHING`, ids, kinds, users, conversations, parents, agents, begins, ends)
		batch.Queue(`
			SELECT FROM sessions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, endedIDs)
		batch.Queue(`
			UPDATE sessions AS session
			SET ended_at = item.ended_at
			FROM unnest($1::text[], $2::timestamptz[]) AS item (id, ended_at)
			WHERE session.id = item.id`, endedIDs, endedAt)
		return tx.SendBatch(ctx, batch).Close()
	})
}

// ListSessions reads a part of the session records.
func (s *Store) ListSessions(ctx context.Context, filter store.SessionFilter, page model.ListPage) ([]store.SessionRow, int64, error) {
	var where selection
	if filter.Kind != "" {
		where.and("session.kind = ?", filter.Kind)
	}
	if filter.User != 0 {
		where.and("session.user_id = ?", filter.User)
	}
	if filter.Conversation != 0 {
		where.and("session.conversation_id <> 0 AND session.conversation_id = ?", filter.Conversation)
	}
	if filter.Ended != nil {
		where.and("(session.ended_at IS NOT NULL) = ?", *filter.Ended)
	}
	return list(ctx, s, scanSession, listing{
		columns: sessionColumns, from: " FROM sessions AS session", where: where,
		time: "session.started_at", id: "session.number", descending: true,
	}, page)
}

// DeleteSessions deletes records that ended long ago.
func (s *Store) DeleteSessions(ctx context.Context, before time.Time, limit int) (int64, error) {
	return s.execute(ctx, `
		DELETE FROM sessions
		WHERE number = ANY (ARRAY(SELECT number FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2))`, before, limit)
}
