package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

var errNoMeta = errors.New("the schema has no restore id")

// Epoch names this life of the data: a restore brings another restore id, a
// failover another timeline. A standby only knows the timeline of its last
// checkpoint.
func (s *Store) Epoch(ctx context.Context) (string, error) {
	return queryOne(ctx, s, pgx.RowTo[string], errNoMeta, `
		SELECT value || '-' || CASE
			WHEN pg_is_in_recovery() THEN (
				SELECT lpad(upper(to_hex(checkpoint.timeline_id)), 8, '0') FROM pg_control_checkpoint() AS checkpoint
			)
			ELSE substring(pg_walfile_name(pg_current_wal_lsn()) FOR 8)
		END
		FROM meta
		WHERE name = 'restore_id'`)
}

// Now reads the database's clock.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	return queryOne(ctx, s, pgx.RowTo[time.Time], nil, "SELECT clock_timestamp()")
}
