package sqlite

import (
	"context"
	"database/sql"
	"time"
)

// Epoch names this life of the data: a restore brings another restore id.
func (s *Store) Epoch(ctx context.Context) (epoch string, err error) {
	err = s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'restore_id'").Scan(&epoch)
	})
	return epoch, err
}

// Now reads the clock that stamps changes.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	return s.instant().time(), nil
}
