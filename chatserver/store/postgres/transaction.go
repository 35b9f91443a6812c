package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/parley-chat/parley/chatserver/model"
)

// write runs a transaction that changes something. READ COMMITTED gives each
// statement a snapshot of its own, so that what follows a lock sees everything
// that was committed before it was got.
func (s *Store) write(ctx context.Context, run func(context.Context, pgx.Tx) error) error {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	return failure(ctx, pgx.BeginFunc(bounded, s.pool, func(tx pgx.Tx) error { return run(bounded, tx) }))
}

// queryOne runs one statement that gives one row. No row gives the missing error.
func queryOne[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], missing error, query string, arguments ...any) (T, error) {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	// The error of Query comes with the rows.
	rows, _ := s.pool.Query(bounded, query, arguments...)
	row, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, missing
	}
	return row, failure(ctx, err)
}

// queryAll runs one statement that gives rows.
func queryAll[T any](ctx context.Context, s *Store, scan pgx.RowToFunc[T], query string, arguments ...any) ([]T, error) {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	rows, _ := s.pool.Query(bounded, query, arguments...)
	all, err := pgx.CollectRows(rows, scan)
	return all, failure(ctx, err)
}

// selectOne reads one row within a transaction. No row gives the missing error.
func selectOne[T any](ctx context.Context, tx pgx.Tx, scan pgx.RowToFunc[T], missing error, query string, arguments ...any) (T, error) {
	rows, _ := tx.Query(ctx, query, arguments...)
	row, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return row, missing
	}
	return row, err
}

// snapshotSQL gives all statements of the transaction one snapshot.
const snapshotSQL = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// snapshot runs statements that read, in one snapshot and one round trip.
func (s *Store) snapshot(ctx context.Context, queue func(*pgx.Batch)) error {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	batch := &pgx.Batch{}
	batch.Queue(snapshotTransaction())
	queue(batch)
	batch.Queue("COMMIT")
	return failure(ctx, s.pool.SendBatch(bounded, batch).Close())
}

// collect reads the rows of one statement of a batch.
func collect[T any](into *[]T, scan pgx.RowToFunc[T]) func(pgx.Rows) error {
	return func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, scan)
		return err
	}
}

// errNotCommitted stands for an answer to COMMIT that is none.
var errNotCommitted = errors.New("the transaction was not committed")

// queueCommit ends a batch. PostgreSQL answers the COMMIT of a transaction that
// has failed with ROLLBACK.
func queueCommit(batch *pgx.Batch) {
	batch.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		if tag.String() != "COMMIT" {
			return errNotCommitted
		}
		return nil
	})
}

// rollBack saves the connection of a failed transaction; one that cannot be
// saved is closed by its pool.
func rollBack(ctx context.Context, connection *pgxpool.Conn) {
	if !connection.Conn().IsClosed() {
		_, _ = connection.Exec(ctx, "ROLLBACK")
	}
}

// lockUsers makes sure that users are there and stay so until the transaction
// ends. Several are locked in the order of their ids.
func lockUsers(ctx context.Context, tx pgx.Tx, users []model.UserID) error {
	ids := int64s(users)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	tag, err := tx.Exec(ctx, `
		SELECT FROM users
		WHERE id = ANY ($1) AND erased_at IS NULL
		ORDER BY id
		FOR KEY SHARE`, ids)
	if err != nil {
		return fmt.Errorf("lock users: %w", err)
	}
	if tag.RowsAffected() < int64(len(ids)) {
		return model.ErrUserNotFound
	}
	return nil
}

// execute runs one statement that changes something and says how many rows it
// changed.
func (s *Store) execute(ctx context.Context, statement string, arguments ...any) (int64, error) {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	tag, err := s.pool.Exec(bounded, statement, arguments...)
	return tag.RowsAffected(), failure(ctx, err)
}
