package conversation

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	// That a command list fails is enough; nobody reads the shortest one.
	t.Setenv("RAPID_SHRINKTIME", "1s")
	t.Setenv("RAPID_NOFAILFILE", "true")
	const guard = "TestEverySessionConvergesToTheModelOnSQLite"
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "skip-member-check", Test: guard},
		{Fault: "skip-duplicate-check", Test: guard},
		{Fault: "keep-removed", Test: guard},
		{Fault: "show-past", Test: guard},
	})
}
