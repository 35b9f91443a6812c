package postgres

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/parley-chat/parley/chatserver/store"
)

// The most connections that one store keeps open: one for each group
// that the appender commits at a time, the others for everything else.
const (
	MaxConnections         = 6
	MaxAppenderConnections = 4
)

// Options say where a project's data is.
type Options struct {
	// DSN gives the connection string, a URL or keyword=value pairs. It is read
	// again for each new connection, so that a password may be rotated.
	DSN func(context.Context) (string, error)
	// Schema holds the project's tables. It is created when it is missing and
	// the role may create it.
	Schema string
	// Project is the UID of the project that the data belongs to. The first
	// Open of a schema binds it to its project.
	Project string
	Logger  *slog.Logger

	// appenderLockTime replaces lockTime in tests that wait for deadlocks.
	appenderLockTime time.Duration
	// tracer sees every statement in tests that look at their plans.
	tracer pgx.QueryTracer
}

// Store is a store.Store. Open makes it.
type Store struct {
	pool     *pgxpool.Pool
	appender *pgxpool.Pool
	plans    plans // of the appender
}

var _ store.Store = (*Store)(nil)

// Open brings the schema up to date and connects to it. Servers may open one
// schema at the same time; one of them migrates while the others wait, until
// ctx ends. A schema of another project is refused.
func Open(ctx context.Context, options Options) (*Store, error) {
	if options.DSN == nil || options.Schema == "" || options.Project == "" {
		return nil, errors.New("a PostgreSQL store needs a DSN, a schema and a project")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.appenderLockTime == 0 {
		options.appenderLockTime = appenderLockTime
	}
	if err := prepareSchema(ctx, options); err != nil {
		return nil, err
	}
	pool, err := openPool(ctx, options, MaxConnections, poolParameters(options))
	if err != nil {
		return nil, err
	}
	appender, err := openPool(ctx, options, MaxAppenderConnections, appenderParameters(options))
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Store{pool: pool, appender: appender}, nil
}

// Ping reports whether PostgreSQL answers.
func (s *Store) Ping(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, transactionTime)
	defer cancel()
	return failure(ctx, s.pool.Ping(bounded))
}

// Close waits for running calls and closes every connection.
func (s *Store) Close() error {
	s.appender.Close()
	s.pool.Close()
	return nil
}
