package seed

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Fill stores a graph in the empty schema that a chat server has migrated. It
// goes past the server, because tens of thousands of conversations would take the
// server's API most of a run. The rows are what the API would have made of users
// without profile and groups without name.
func Fill(ctx context.Context, dsn, schema string, graph Graph) error {
	connection, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to fill the database: %w", err)
	}
	defer func() { _ = connection.Close(ctx) }()
	for _, statement := range []string{
		"SET search_path = " + pgx.Identifier{schema}.Sanitize(),
		// A check of foreign keys per row would take longer than all the rest.
		"SET session_replication_role = replica",
	} {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	now := time.Now()
	for _, table := range []table{users(graph, now), conversations(graph, now), members(graph, now)} {
		if _, err := connection.CopyFrom(ctx, pgx.Identifier{table.name}, table.columns, table.rows); err != nil {
			return fmt.Errorf("fill %s: %w", table.name, err)
		}
	}
	for _, table := range []string{"users", "conversations"} {
		if _, err := connection.Exec(ctx, "SELECT setval(pg_get_serial_sequence($1, 'id'), (SELECT max(id) FROM "+table+"))", table); err != nil {
			return fmt.Errorf("move the ids of %s on: %w", table, err)
		}
	}
	// Without statistics the first plans are made for empty tables.
	if _, err := connection.Exec(ctx, "VACUUM (ANALYZE) users, conversations, members"); err != nil {
		return fmt.Errorf("gather statistics: %w", err)
	}
	return nil
}

// table is what goes into one table by one COPY.
type table struct {
	name    string
	columns []string
	rows    pgx.CopyFromSource
}

func users(graph Graph, now time.Time) table {
	return table{
		"users",
		[]string{"id", "username", "username_key", "display_name", "name_key", "email", "avatar", "properties", "guest", "created_at", "updated_at"},
		pgx.CopyFromSlice(graph.Users, func(number int) ([]any, error) {
			name := Username(number)
			return []any{User(number), name, name, name, name, "", "", "{}", false, now, now}, nil
		}),
	}
}

func conversations(graph Graph, now time.Time) table {
	return table{
		"conversations",
		[]string{"id", "type", "name", "properties", "created_by", "member_count", "activity_at", "created_at", "updated_at", "changed_at"},
		pgx.CopyFromSlice(len(graph.Conversations), func(number int) ([]any, error) {
			return []any{Conversation(number), "group", "", "{}", int64(0), int64(len(graph.Conversations[number])), now, now, now, now}, nil
		}),
	}
}

func members(graph Graph, now time.Time) table {
	next, member := 0, 0
	return table{
		"members",
		[]string{"conversation_id", "user_id", "role", "joined_seq", "created_rev", "rev", "created_at", "changed_at"},
		pgx.CopyFromFunc(func() ([]any, error) {
			if next == len(graph.Conversations) {
				return nil, nil
			}
			row := []any{Conversation(next), User(graph.Conversations[next][member]), "member", int64(0), int64(1), int64(1), now, now}
			if member++; member == len(graph.Conversations[next]) {
				next, member = next+1, 0
			}
			return row, nil
		}),
	}
}
