package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
)

// The schema is changed such that servers of the release before go on with it. What
// they are spared for one release the next one may take away, so whoever migrates
// writes down the oldest server that the schema still serves, and older ones refuse
// to start instead of failing at the first statement that does not fit.

// refuseOlder returns an error when the schema has gone too far for a server that
// knows migrations up to newest.
func refuseOlder(ctx context.Context, database *sql.DB, schema string, newest int64) error {
	var made bool
	if err := database.QueryRowContext(ctx, "SELECT to_regclass('meta') IS NOT NULL").Scan(&made); err != nil {
		return fmt.Errorf("look for the tables of schema %s: %w", schema, failure(ctx, err))
	}
	if !made {
		return nil
	}
	var oldest int64
	err := database.QueryRowContext(ctx, "SELECT value::bigint FROM meta WHERE name = 'oldest_server'").Scan(&oldest)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("read the oldest server of schema %s: %w", schema, failure(ctx, err))
	case newest < oldest:
		return fmt.Errorf("schema %s needs a server that knows migration %d, and this one knows those up to %d: "+
			"it is more than one release older than the newest server that used the schema", schema, oldest, newest)
	}
	return nil
}

// serveNoOlder writes down the oldest server that the schema serves from now on.
func serveNoOlder(ctx context.Context, database *sql.DB, schema string) error {
	_, err := database.ExecContext(ctx, `
		INSERT INTO meta (name, value) VALUES ('oldest_server', $1)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value
		WHERE meta.value::bigint < excluded.value::bigint`, strconv.Itoa(oldestBeside))
	if err != nil {
		return fmt.Errorf("write down the oldest server of schema %s: %w", schema, failure(ctx, err))
	}
	return nil
}
