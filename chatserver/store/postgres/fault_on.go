//go:build fault

package postgres

import (
	"os"
	"strings"

	"github.com/parley-chat/parley/chatserver/store"
)

// The faults that PARLEY_FAULT names. Each breaks one rule of the append, so
// that the tests which guard the rule can be seen to fail.
const (
	faultMergeStatements    = "merge-statements"     // locks and decides in one statement
	faultMergeOnConflict    = "merge-on-conflict"    // the same, and leaves duplicates to the constraint
	faultSkipMemberCheck    = "skip-member-check"    // takes messages of removed members
	faultSkipDuplicateCheck = "skip-duplicate-check" // numbers first, leaves duplicates to the constraint
	faultUnorderedLocks     = "unordered-locks"      // locks in the group's order
	faultHalfGroups         = "half-groups"          // a transaction per message
	faultAckBeforeCommit    = "ack-before-commit"    // answers before the commit is on disk
	faultTornChanges        = "torn-changes"         // a snapshot per statement of what reads several things
)

func fault(name string) bool { return os.Getenv("PARLEY_FAULT") == name }

func lockStatement() string {
	switch {
	case fault(faultMergeStatements), fault(faultMergeOnConflict):
		return "SELECT cardinality($1::bigint[])"
	case fault(faultUnorderedLocks):
		return `
			SELECT conversation.id
			FROM unnest($1::bigint[]) AS input (id)
			JOIN conversations AS conversation ON conversation.id = input.id
			FOR NO KEY UPDATE OF conversation`
	}
	return lockSQL
}

func appendStatement(group []store.NewMessage) string {
	statement := appendFor(group)
	switch {
	case fault(faultMergeStatements):
		return merged(statement)
	case fault(faultMergeOnConflict):
		return onConflictDoNothing(merged(statement))
	case fault(faultSkipMemberCheck):
		return strings.Replace(statement, "member.left_rev = 0\n                AND member.may_send", "true", 1)
	case fault(faultSkipDuplicateCheck):
		return onConflictDoNothing(strings.Replace(statement, "AND old.client_id = item.client_id", "AND false", 1))
	}
	return statement
}

// merged adds the locks to the statement. The count makes sure that they are
// taken before anything is decided.
func merged(statement string) string {
	return strings.NewReplacer(
		"WITH fresh AS (", `WITH locked AS MATERIALIZED (
			SELECT id FROM conversations WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
		), fresh AS (`,
		"WHERE NOT EXISTS (", "WHERE (SELECT count(*) FROM locked) >= 0 AND NOT EXISTS (",
	).Replace(statement)
}

func onConflictDoNothing(statement string) string {
	return strings.Replace(statement, "fresh.at\n    FROM fresh\n", "fresh.at\n    FROM fresh ON CONFLICT DO NOTHING\n", 1)
}

func snapshotTransaction() string {
	if fault(faultTornChanges) {
		return "BEGIN"
	}
	return snapshotSQL
}
