package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// migrationLockTime keeps a migration from queueing before the statements of
	// running servers for longer; the next attempt may be luckier.
	migrationLockTime = 3 * time.Second
	// turnPause is how long a server waits before it asks again whether another
	// one has finished migrating. A waiting lock request would hold a snapshot,
	// for which concurrent index builds wait.
	turnPause = 100 * time.Millisecond
)

// prepareSchema makes the schema, migrates it and binds it to its project.
func prepareSchema(ctx context.Context, options Options) error {
	parameters := poolParameters(options)
	parameters["lock_timeout"] = milliseconds(migrationLockTime)
	parameters["statement_timeout"] = "0"
	parameters["idle_in_transaction_session_timeout"] = "0"
	config, err := connectionConfig(ctx, options, parameters)
	if err != nil {
		return err
	}
	connection, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", failure(ctx, err))
	}
	// The end of its session also gives the lock back.
	defer func() { _ = connection.Close(context.WithoutCancel(ctx)) }()

	if err := takeTurn(ctx, connection, options.Schema); err != nil {
		return err
	}
	if err := createSchema(ctx, connection, options.Schema); err != nil {
		return err
	}
	if err := migrate(ctx, config, options); err != nil {
		return err
	}
	return bindProject(ctx, connection, options)
}

// takeTurn takes the schema's advisory lock, which the session holds to its end.
func takeTurn(ctx context.Context, connection *pgx.Conn, schema string) error {
	key := fnv.New64a()
	_, _ = key.Write([]byte("parley migration " + schema)) // a hash never fails to be written
	pause := time.NewTicker(turnPause)
	defer pause.Stop()
	for {
		var mine bool
		err := connection.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(key.Sum64())).Scan(&mine)
		if err != nil {
			return fmt.Errorf("take the migration lock: %w", failure(ctx, err))
		}
		if mine {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another server migrates schema %s: %w", schema, ctx.Err())
		case <-pause.C:
		}
	}
}

// createSchema asks before it creates, because even IF NOT EXISTS needs a right
// that the role of a project does not have.
func createSchema(ctx context.Context, connection *pgx.Conn, schema string) error {
	var exists bool
	err := connection.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", schema).Scan(&exists)
	if err != nil {
		return fmt.Errorf("look for schema %s: %w", schema, failure(ctx, err))
	}
	if exists {
		return nil
	}
	if _, err := connection.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return fmt.Errorf("create schema %s: %w", schema, failure(ctx, err))
	}
	return nil
}

func migrate(ctx context.Context, config *pgx.ConnConfig, options Options) error {
	database := stdlib.OpenDB(*config)
	defer func(database *sql.DB) { _ = database.Close() }(database)
	provider, err := newMigrations(database, options.Logger)
	if err != nil {
		return err
	}
	sources := provider.ListSources()
	if err := refuseOlder(ctx, database, options.Schema, sources[len(sources)-1].Version); err != nil {
		return err
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate schema %s: %w", options.Schema, failure(ctx, err))
	}
	for _, migration := range applied {
		options.Logger.InfoContext(ctx, "schema migrated",
			"schema", options.Schema, "version", migration.Source.Version, "duration", migration.Duration)
	}
	return serveNoOlder(ctx, database, options.Schema)
}

func newMigrations(database *sql.DB, logger *slog.Logger) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	written := append(laterMigrations(), goose.NewGoMigration(nameKeysVersion, &goose.GoFunc{RunDB: computeNameKeys}, nil))
	provider, err := goose.NewProvider(goose.DialectPostgres, database, files, goose.WithGoMigrations(written...),
		goose.WithSlog(logger), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// bindProject writes the project's UID down once and compares it ever after.
func bindProject(ctx context.Context, connection *pgx.Conn, options Options) error {
	if _, err := connection.Exec(ctx,
		"INSERT INTO meta (name, value) VALUES ('project', $1) ON CONFLICT (name) DO NOTHING", options.Project); err != nil {
		return fmt.Errorf("bind schema %s to its project: %w", options.Schema, failure(ctx, err))
	}
	var owner string
	if err := connection.QueryRow(ctx, "SELECT value FROM meta WHERE name = 'project'").Scan(&owner); err != nil {
		return fmt.Errorf("read the project of schema %s: %w", options.Schema, failure(ctx, err))
	}
	if owner != options.Project {
		return fmt.Errorf("schema %s belongs to project %s, not to %s", options.Schema, owner, options.Project)
	}
	return nil
}
