package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

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

// lockConversation is the first step of every change of a conversation.
func lockConversation(ctx context.Context, tx pgx.Tx, id model.ConversationID) error {
	tag, err := tx.Exec(ctx, "SELECT FROM conversations WHERE id = $1 FOR NO KEY UPDATE", id)
	if err != nil {
		return fmt.Errorf("lock conversation %d: %w", id, err)
	}
	if tag.RowsAffected() == 0 {
		return model.ErrConversationNotFound
	}
	return nil
}

// step is the place of one change in its conversation.
type step struct {
	rev, lastSeq int64
	at           time.Time
}

// advance gives the next rev of a conversation that the transaction has locked.
func advance(ctx context.Context, tx pgx.Tx, id model.ConversationID) (step, error) {
	var next step
	err := tx.QueryRow(ctx, `
		UPDATE conversations
		SET rev = rev + 1, changed_at = clock_timestamp()
		WHERE id = $1
		RETURNING rev, last_seq, changed_at`, id).Scan(&next.rev, &next.lastSeq, &next.at)
	if err != nil {
		return step{}, fmt.Errorf("advance conversation %d: %w", id, err)
	}
	return next, nil
}
