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

// keyedTables are the tables with names: how some are read with the keys that
// they have, and how a key is stored.
var keyedTables = []struct{ read, write string }{
	{
		"SELECT id, display_name, name_key FROM users WHERE id > ? ORDER BY id LIMIT ?",
		"UPDATE users SET name_key = ? WHERE id = ?",
	},
	{
		"SELECT id, name, name_key FROM conversations WHERE id > ? ORDER BY id LIMIT ?",
		"UPDATE conversations SET name_key = ? WHERE id = ?",
	},
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

// computeNameKeys is a migration: it gives the names that are there their keys.
func computeNameKeys(ctx context.Context, tx *sql.Tx) error {
	for _, table := range keyedTables {
		for after, more := int64(0), true; more; {
			names, err := selectAll(ctx, tx, scanKeyedName, table.read, after, nameKeysBatch)
			if err != nil {
				return fmt.Errorf("read names: %w", err)
			}
			for _, named := range names {
				after = named.id
				key := identity.NameKey(named.name)
				if key == named.key {
					continue
				}
				if _, err := tx.ExecContext(ctx, table.write, key, named.id); err != nil {
					return fmt.Errorf("store the key of a name: %w", err)
				}
			}
			more = len(names) > 0
		}
	}
	return nil
}
