package postgres

import (
	"context"
	"database/sql"
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

// keyedTable reads the names of a table with the keys that they have, in the
// order of locks, and stores keys.
type keyedTable struct{ read, write string }

var keyedTables = []keyedTable{
	{
		"SELECT id, display_name, name_key FROM users WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE",
		`UPDATE users AS named SET name_key = item.key
		FROM unnest($1::bigint[], $2::text[]) AS item (id, key) WHERE named.id = item.id`,
	},
	{
		"SELECT id, name, name_key FROM conversations WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE",
		`UPDATE conversations AS named SET name_key = item.key
		FROM unnest($1::bigint[], $2::text[]) AS item (id, key) WHERE named.id = item.id`,
	},
}

// computeNameKeys is a migration: it gives the names that are there their keys,
// in transactions of their own. It may be run again after a failure.
func computeNameKeys(ctx context.Context, database *sql.DB) error {
	for _, table := range keyedTables {
		for after, more := int64(0), true; more; {
			var err error
			if after, more, err = computeSomeNameKeys(ctx, database, table, after); err != nil {
				return fmt.Errorf("compute the keys of names: %w", err)
			}
		}
	}
	return nil
}

// computeSomeNameKeys does it for the rows behind an id.
func computeSomeNameKeys(
	ctx context.Context, database *sql.DB, table keyedTable, after int64,
) (last int64, more bool, err error) {
	tx, err := database.BeginTx(ctx, nil)
	if err != nil {
		return 0, false, err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	last, ids, keys, err := wrongNameKeys(ctx, tx, table, after)
	if err != nil {
		return 0, false, err
	}
	if _, err := tx.ExecContext(ctx, table.write, ids, keys); err != nil {
		return 0, false, err
	}
	return last, last > after, tx.Commit()
}

// wrongNameKeys locks some rows and finds those whose key is not that of their
// name, with the one that it should be. Last is the last row of all.
func wrongNameKeys(
	ctx context.Context, tx *sql.Tx, table keyedTable, after int64,
) (last int64, ids []int64, keys []string, err error) {
	rows, err := tx.QueryContext(ctx, table.read, after, nameKeysBatch)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = rows.Close() }() // Err tells
	for last = after; rows.Next(); {
		var name, key string
		if err := rows.Scan(&last, &name, &key); err != nil {
			return 0, nil, nil, err
		}
		if wanted := identity.NameKey(name); wanted != key {
			ids, keys = append(ids, last), append(keys, wanted)
		}
	}
	return last, ids, keys, rows.Err()
}
