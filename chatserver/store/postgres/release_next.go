//go:build nextschema

package postgres

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"
)

// The release after this one, as a rehearsal of it: a build with the tag nextschema
// has a typical next migration, so that servers with and without it can be run side
// by side. Its migrations follow the newest one of this release; it does not start
// when two have one number.
const (
	oldestBeside = 4
	nextVersion  = oldestBeside + 1
)

// The faults of migrations that servers of the release before do not survive.
const (
	faultLongLock     = "long-lock"     // keeps a table to itself for long
	faultDemandColumn = "demand-column" // wants a value that the release before does not know of
)

func laterMigrations() []*goose.Migration {
	return []*goose.Migration{
		goose.NewGoMigration(nextVersion, &goose.GoFunc{RunTx: addNext}, nil),
		goose.NewGoMigration(nextVersion+1, &goose.GoFunc{RunDB: indexNext}, nil),
	}
}

// addNext adds a column with a default and a table.
func addNext(ctx context.Context, tx *sql.Tx) error {
	statements := []string{
		"ALTER TABLE messages ADD COLUMN pinned boolean NOT NULL DEFAULT false",
		`CREATE TABLE pins (
			conversation_id bigint NOT NULL REFERENCES conversations (id),
			seq             bigint NOT NULL,
			PRIMARY KEY (conversation_id, seq)
		)`,
	}
	switch {
	case fault(faultLongLock):
		statements = append(statements, "LOCK TABLE messages IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(8)")
	case fault(faultDemandColumn):
		statements = append(statements, "ALTER TABLE messages ALTER COLUMN pinned DROP DEFAULT")
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// indexNext indexes a table that is being written to. That cannot be done within a
// transaction, and begins again where it was broken off.
func indexNext(ctx context.Context, database *sql.DB) error {
	for _, statement := range []string{
		"DROP INDEX IF EXISTS messages_pinned",
		"CREATE INDEX CONCURRENTLY messages_pinned ON messages (conversation_id) WHERE pinned",
	} {
		if _, err := database.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
