package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// failure translates what pgx returned to a caller with the given context,
// which is the caller's own and not one that the store has bounded.
func failure(ctx context.Context, err error) error {
	var known *model.Error
	switch {
	case err == nil, errors.As(err, &known), store.IsRetryable(err):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("the caller gave up: %w", ctx.Err())
	case isRetryable(err):
		return fmt.Errorf("%w: %w", store.ErrRetryable, err)
	}
	return err
}

// isRetryable recognises what may pass: lost and refused connections,
// deadlocks, serialization, and time-outs. A context's deadline is the store's
// own here.
func isRetryable(err error) bool {
	if errors.As(err, new(*pgconn.ConnectError)) {
		return true
	}
	if server := (*pgconn.PgError)(nil); errors.As(err, &server) {
		return isRetryableState(server.Code)
	}
	return errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled) || // of a connection that broke while it was made
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.As(err, new(net.Error)) ||
		errors.Is(err, pgx.ErrTxCommitRollback) || pgconn.SafeToRetry(err)
}

func isRetryableState(state string) bool {
	switch state {
	case "40001", // serialization_failure
		"40P01", // deadlock_detected
		"55P03", // lock_not_available
		"57014", // query_canceled: the statement time-out
		"53300", // too_many_connections
		"25P03", // idle_in_transaction_session_timeout
		"25P04", // transaction_timeout
		"25006": // read_only_sql_transaction: a primary that has become a standby
		return true
	}
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P0")
}

// isDataError reports whether PostgreSQL refused what the statement was given:
// a broken constraint, a value that a column cannot hold, or one that is beyond
// a limit of PostgreSQL, such as JSON that is nested too deep.
func isDataError(err error) bool {
	server := (*pgconn.PgError)(nil)
	return errors.As(err, &server) && slices.Contains([]string{"22", "23", "54"}, server.Code[:min(2, len(server.Code))])
}

const uniqueViolation = "23505"

// isTaken reports whether the error says that what the constraint keeps unique
// is taken, or what any does when none is named.
func isTaken(err error, constraint string) bool {
	server := (*pgconn.PgError)(nil)
	return errors.As(err, &server) && server.Code == uniqueViolation && (constraint == "" || server.ConstraintName == constraint)
}
