package sqlite

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
	// nameKeysBatch is how many names are in memory at a time.
	nameKeysBatch = 500
)

// computeNameKeys is a migration: it gives the names that are there their keys.
func computeNameKeys(ctx context.Context, tx *sql.Tx) error {
	for _, named := range []struct{ table, column string }{{"users", "display_name"}, {"conversations", "name"}} {
		names := "SELECT id, " + named.column + ", name_key FROM " + named.table + " WHERE id > ? ORDER BY id LIMIT ?"
		update := "UPDATE " + named.table + " SET name_key = ? WHERE id = ?"
		for after := int64(0); ; {
			batch, err := selectAll(ctx, tx, scanKeyedName, names, after, nameKeysBatch)
			if err != nil {
				return fmt.Errorf("read the names of %s: %w", named.table, err)
			}
			if len(batch) == 0 {
				break
			}
			for _, row := range batch {
				key := identity.NameKey(row.name)
				if key == row.key {
					continue
				}
				if _, err := tx.ExecContext(ctx, update, key, row.id); err != nil {
					return fmt.Errorf("store a key in %s: %w", named.table, err)
				}
			}
			after = batch[len(batch)-1].id
		}
	}
	return nil
}

// keyedName is a name with the key that it has.
type keyedName struct {
	id        int64
	name, key string
}

func scanKeyedName(from row) (keyedName, error) {
	var found keyedName
	err := from.Scan(&found.id, &found.name, &found.key)
	return found, err
}
