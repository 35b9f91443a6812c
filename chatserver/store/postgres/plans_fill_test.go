package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
)

// What fill stores: enough that reading a whole table is never the best plan for
// anything that asks for a part.
const (
	filledUsers         = 20_000
	filledConversations = 20_000
	filledMembers       = 10    // of each conversation
	filledRoomMembers   = 2_000 // of the first conversation
	filledRoomMessages  = 100_000
	filledMessages      = 1_000_000
)

// fill stores rows past the store, which would take minutes.
func fill(t *testing.T, opened *Store) {
	t.Helper()
	g := NewWithT(t)
	connection, err := opened.pool.Acquire(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	defer connection.Release()
	// No check of foreign keys per row, no time-out, no wait for the disk.
	execute := func(statement string, arguments ...any) {
		_, err := connection.Exec(t.Context(), statement, arguments...)
		g.Expect(err).NotTo(HaveOccurred(), "%s", statement)
	}
	execute("SET session_replication_role = replica")
	execute("SET statement_timeout = 0")
	execute("SET synchronous_commit = off")
	execute("SET maintenance_work_mem = '128MB'")

	rows, err := connection.Query(t.Context(), `
		SELECT indexname::text, indexdef FROM pg_indexes
		WHERE schemaname = current_schema() AND tablename = 'messages'
			AND indexname NOT IN (SELECT conname FROM pg_constraint)`)
	g.Expect(err).NotTo(HaveOccurred())
	type index struct{ Name, Definition string }
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(indexes).NotTo(BeEmpty())
	for _, index := range indexes {
		execute("DROP INDEX " + index.Name)
	}
	for _, statement := range fillStatements {
		execute(statement.text, statement.arguments...)
	}
	for _, index := range indexes {
		execute(index.Definition)
	}
	for _, table := range []string{"users", "conversations"} {
		execute("SELECT setval(pg_get_serial_sequence($1, 'id'), (SELECT max(id) FROM "+table+"))", table)
	}
	execute("ANALYZE")
	// The connection goes back to its pool as it was.
	execute("RESET ALL")
}

var fillStatements = []struct {
	text      string
	arguments []any
}{
	{`
		INSERT INTO users (id, external_id, username, username_key, display_name, name_key, email, avatar, properties, guest,
			created_at, updated_at)
		OVERRIDING SYSTEM VALUE
		SELECT $1::bigint + n, 'user-' || n, 'name' || n, 'name' || n, 'Name ' || n, 'name ' || n, '', '', '{}', false, now(), now()
		FROM generate_series(0, $2::bigint - 1) AS n`, []any{int64(model.FirstID), filledUsers}},
	{`
		INSERT INTO conversations (id, external_id, direct_key, type, name, name_key, properties, created_by, last_seq, rev,
			message_count, member_count, activity_at, created_at, updated_at, changed_at)
		OVERRIDING SYSTEM VALUE
		SELECT $1::bigint + n, 'room-' || n, CASE WHEN n % 4 = 1 THEN sha256(n::text::bytea) END,
			(ARRAY['group', 'direct', 'public', 'private'])[n % 4 + 1], 'Room ' || n, 'room ' || n, '{}',
			$1 + n % $3, size.messages, size.messages + 1, size.messages, $5, now() - n * interval '1 minute', now(), now(),
			now() - n * interval '1 minute'
		FROM generate_series(0, $2::bigint - 1) AS n
		CROSS JOIN LATERAL (
			SELECT CASE WHEN n = 0 THEN $4::bigint ELSE ($6::bigint - $4) / ($2 - 1) END AS messages) AS size`,
		[]any{int64(model.FirstID), filledConversations, filledUsers, filledRoomMessages, filledMembers, filledMessages}},
	{`
		INSERT INTO members (conversation_id, user_id, role, joined_seq, created_rev, rev, created_at, changed_at)
		SELECT conversation.id, $1 + (conversation.id - $1 + m * 37) % $2, 'member', 0, 1, 1, now(),
			now() - (conversation.id - $1) * interval '1 minute'
		FROM conversations AS conversation
		CROSS JOIN LATERAL generate_series(0, CASE WHEN conversation.id = $1 THEN $4::bigint ELSE $3 END - 1) AS m`,
		[]any{int64(model.FirstID), filledUsers, filledMembers, filledRoomMembers}},
	{`
		INSERT INTO messages (conversation_id, seq, external_id, created_rev, rev, client_id, sender_id, hash, type, content,
			properties, details, parent_id, thread_id, created_at)
		SELECT conversation.id, seq, CASE WHEN seq % 100 = 7 THEN conversation.id || '-' || seq END, seq + 1, seq + 1, seq::text,
			$1 + (conversation.id - $1 + seq % $3 * 37) % $2, '\x00', 'text', '"hello"', '{}',
			CASE WHEN seq % 100 = 3 THEN '{"mentions":[{"user":"1000000000037"}]}'::json END,
			CASE WHEN seq % 100 = 5 THEN $1 + conversation.id % 1000 END, CASE WHEN seq % 100 = 5 THEN $1 + conversation.id % 1000 END,
			now() - (conversation.last_seq - seq) * interval '1 second'
		FROM conversations AS conversation
		CROSS JOIN LATERAL generate_series(1, conversation.last_seq) AS seq`, []any{int64(model.FirstID), filledUsers, filledMembers}},
	{`
		INSERT INTO reactions (conversation_id, seq, user_id, emoji, created_at)
		SELECT conversation_id, seq, sender_id, 'x', now() FROM messages WHERE seq % 20 = 1`, nil},
	{`
		INSERT INTO hidden_messages (conversation_id, user_id, seq)
		SELECT conversation_id, sender_id, seq FROM messages WHERE seq % 40 = 1`, nil},
	{`
		INSERT INTO receipt_moves (conversation_id, user_id, kind, seq, from_seq, at)
		SELECT conversation_id, user_id, kind, 1, 0, now()
		FROM members CROSS JOIN (VALUES ('read'), ('delivered')) AS both_kinds (kind)
		WHERE conversation_id % 4 = 0`, nil},
	{`
		INSERT INTO blocks (blocker, blocked, created_at)
		SELECT $1::bigint + n, $1 + (n + 37) % $2::bigint, now() FROM generate_series(0, $2 - 1, 2) AS n`, []any{int64(model.FirstID), filledUsers}},
	{`
		INSERT INTO reports (conversation_id, message_id, reporter, reason, properties, created_at)
		SELECT conversation_id, id, sender_id, '', '{}', now() FROM messages WHERE seq % 100 = 9`, nil},
	{`
		INSERT INTO invites (conversation_id, user_id, invited_by, role, status, created_at, updated_at)
		SELECT conversation_id, user_id, 0, 'member', 'accepted', now(), now() FROM members WHERE conversation_id % 10 = 0`, nil},
	{`
		INSERT INTO sessions (id, kind, user_id, conversation_id, parent, user_agent, started_at, ended_at)
		SELECT n::text, 'user', $1::bigint + n % $2::bigint, CASE WHEN n % 2 = 0 THEN $1 + n % 1000 ELSE 0 END, '', '',
			now() - n * interval '1 second', CASE WHEN n % 3 > 0 THEN now() END
		FROM generate_series(1, 100000) AS n`, []any{int64(model.FirstID), filledUsers}},
	{`
		INSERT INTO audit (action, key, actor, user_id, conversation_id, message_id, created_at)
		SELECT 'action ' || n % 2000, '', $1::bigint + n % 2000, $1 + n % 1999, $1 + n % 1997, 0, now() FROM generate_series(1, 50000) AS n`,
		[]any{int64(model.FirstID)}},
}
