package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// write runs a transaction that changes something. It has the file's write lock
// from its beginning.
func (s *Store) write(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return s.run(ctx, s.writer, run)
}

// read runs a transaction that sees one snapshot and changes nothing.
func (s *Store) read(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return s.run(ctx, s.reader, run)
}

func (s *Store) run(ctx context.Context, database *sql.DB, run func(context.Context, *sql.Tx) error) error {
	s.running.RLock()
	defer s.running.RUnlock()
	if s.closed {
		return errClosed
	}
	// The time of a transaction begins with its turn; the queue before it moves
	// because the others are bounded too.
	connection, err := database.Conn(ctx)
	if err != nil {
		return failure(ctx, fmt.Errorf("connect: %w", err))
	}
	defer func() { _ = connection.Close() }() // gives it back
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	tx, err := connection.BeginTx(bounded, nil)
	if err != nil {
		return failure(ctx, fmt.Errorf("begin: %w", err))
	}
	if err := run(bounded, tx); err != nil {
		// What the transaction failed on is what counts.
		_ = tx.Rollback()
		return failure(ctx, err)
	}
	if err := tx.Commit(); err != nil {
		return failure(ctx, fmt.Errorf("commit: %w", err))
	}
	return nil
}

// row is what a scan function reads: sql.Row and sql.Rows.
type row interface{ Scan(into ...any) error }

// selectOne reads one row. No row gives the missing error.
func selectOne[T any](ctx context.Context, tx *sql.Tx, scan func(row) (T, error), missing error, query string, arguments ...any) (T, error) {
	one, err := scan(tx.QueryRowContext(ctx, query, arguments...))
	if errors.Is(err, sql.ErrNoRows) {
		return one, missing
	}
	return one, err
}

// selectAll reads all rows.
func selectAll[T any](ctx context.Context, tx *sql.Tx, scan func(row) (T, error), query string, arguments ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells
	all := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

// instant is a time as it is stored: microseconds since 1970.
type instant int64

func (s *Store) instant() instant { return instant(s.now().UnixMicro()) }

func (i instant) time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// optionalTime reads a time that may be missing.
func optionalTime(at sql.Null[instant]) *time.Time {
	if !at.Valid {
		return nil
	}
	moment := at.V.time()
	return &moment
}

// orNull stores text that is not there as NULL, of which a unique column may
// hold several.
func orNull(text string) sql.NullString { return sql.NullString{String: text, Valid: text != ""} }

// orEmptyObject gives properties that were left out the value that they have.
func orEmptyObject(properties json.RawMessage) string {
	if len(properties) == 0 {
		return "{}"
	}
	return string(properties)
}

// list turns values into the JSON array that json_each makes rows of.
func list[T any](values []T) (string, error) {
	encoded, err := json.Marshal(values)
	if err != nil {
		return "", fmt.Errorf("encode a list: %w", err)
	}
	return string(encoded), nil
}

// plain gives ids their number form, which JSON would otherwise quote.
func plain[T ~int64](ids []T) []int64 {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	return numbers
}
