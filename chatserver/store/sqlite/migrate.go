package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// prepareFile migrates the file and binds it to its project.
func prepareFile(ctx context.Context, opened *Store, options Options) error {
	provider, err := newMigrations(opened.writer, options.Logger)
	if err != nil {
		return err
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", options.Path, err)
	}
	for _, migration := range applied {
		options.Logger.InfoContext(ctx, "schema migrated",
			"path", options.Path, "version", migration.Source.Version, "duration", migration.Duration)
	}
	return opened.write(ctx, func(ctx context.Context, tx *sql.Tx) error { return bindProject(ctx, tx, options) })
}

func newMigrations(database *sql.DB, logger *slog.Logger) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, database, files,
		goose.WithGoMigrations(goose.NewGoMigration(nameKeysVersion, &goose.GoFunc{RunTx: computeNameKeys}, nil)),
		goose.WithSlog(logger), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

// bindProject writes the project's UID down once and compares it ever after.
func bindProject(ctx context.Context, tx *sql.Tx, options Options) error {
	if _, err := tx.ExecContext(ctx,
		"INSERT INTO meta (name, value) VALUES ('project', ?) ON CONFLICT DO NOTHING", options.Project); err != nil {
		return fmt.Errorf("bind %s to its project: %w", options.Path, err)
	}
	var owner string
	if err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'project'").Scan(&owner); err != nil {
		return fmt.Errorf("read the project of %s: %w", options.Path, err)
	}
	if owner != options.Project {
		return fmt.Errorf("%s belongs to project %s, not to %s", options.Path, owner, options.Project)
	}
	return nil
}
