package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

var errClosed = errors.New("the store is closed")

// failure translates an error to a caller with the given context, which is the
// caller's own and not one that the store has bounded.
func failure(ctx context.Context, err error) error {
	var known *model.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("the caller gave up: %w", ctx.Err())
	case isRetryable(err):
		return fmt.Errorf("%w: %w", store.ErrRetryable, err)
	}
	return err
}

// isRetryable recognises a file that is busy and the store's own time-out.
func isRetryable(err error) bool {
	if engine := (*sqlite.Error)(nil); errors.As(err, &engine) {
		switch engine.Code() & 0xff { // without the extended part
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT:
			return true
		}
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone)
}

// isTaken reports whether a unique column has the value already. The column is
// named as table.column; without one, any column counts.
func isTaken(err error, column string) bool {
	engine := (*sqlite.Error)(nil)
	return errors.As(err, &engine) && engine.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE &&
		strings.Contains(engine.Error(), column)
}

// refersToNothing reports whether a foreign key is broken.
func refersToNothing(err error) bool {
	engine := (*sqlite.Error)(nil)
	return errors.As(err, &engine) && engine.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}
