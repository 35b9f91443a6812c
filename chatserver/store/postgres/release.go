//go:build !nextschema

package postgres

import "github.com/pressly/goose/v3"

// oldestBeside is the newest schema of the release before this one: servers that
// know less may not run beside this one. There is no release before the first.
const oldestBeside = 1

// laterMigrations are those of the release after this one, which only its rehearsal
// has.
func laterMigrations() []*goose.Migration { return nil }
