package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/parley-chat/parley/chatserver/store/internal/identity"
)

const (
	// nameKeysVersion is the schema whose names all have their keys. SQL cannot
	// compute them.
	nameKeysVersion = 3
	// nameKeysBatch is how many rows are locked at a time: servers of the release
	// before go on writing.
	nameKeysBatch = 500
)

// computeNameKeys is a migration: it gives the names that are there their keys.
// It may be run again after a failure.
func computeNameKeys(ctx context.Context, database *sql.DB) error {
	for _, named := range []struct{ table, column string }{{"users", "display_name"}, {"conversations", "name"}} {
		for after, more := int64(0), true; more; {
			var err error
			if after, more, err = computeSomeNameKeys(ctx, database, named.table, named.column, after); err != nil {
				return fmt.Errorf("compute the keys of names of %s: %w", named.table, err)
			}
		}
	}
	return nil
}

// computeSomeNameKeys does it for the rows behind an id, in their order, in a
// transaction of its own.
func computeSomeNameKeys(
	ctx context.Context, database *sql.DB, table, column string, after int64,
) (last int64, more bool, err error) {
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	rows, err := tx.QueryContext(ctx, "SELECT id, "+column+", name_key FROM "+table+
		" WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE", after, nameKeysBatch)
	if err != nil {
		return 0, false, err
	}
	var ids []int64
	var keys []string
	for last = after; rows.Next(); more = true {
		var name, key string
		if err := rows.Scan(&last, &name, &key); err != nil {
			return 0, false, errors.Join(err, rows.Close())
		}
		if wanted := identity.NameKey(name); wanted != key {
			ids, keys = append(ids, last), append(keys, wanted)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, false, err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE "+table+` AS named SET name_key = item.key
		FROM unnest($1::bigint[], $2::text[]) AS item (id, key) WHERE named.id = item.id`, ids, keys); err != nil {
		return 0, false, err
	}
	return last, more, tx.Commit()
}
