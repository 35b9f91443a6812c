package conversation

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	// That a command list fails is enough; nobody reads the shortest one.
	t.Setenv("RAPID_SHRINKTIME", "1s")
	t.Setenv("RAPID_NOFAILFILE", "true")
	const onSQLite, onPostgreSQL = "TestEverySessionConvergesToTheModelOnSQLite", "TestEverySessionConvergesToTheModelOnPostgreSQL"
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "skip-member-check", Test: onSQLite},
		{Fault: "skip-duplicate-check", Test: onSQLite},
		{Fault: "keep-removed", Test: onSQLite},
		{Fault: "any-order", Test: onSQLite},
		{Fault: "ignore-notices", Test: onSQLite},
		{Fault: "skip-duplicate-check", Test: onPostgreSQL},
	})
}
