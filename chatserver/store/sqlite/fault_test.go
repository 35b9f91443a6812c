package sqlite

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "skip-member-check", Test: "TestStore/append_races/a_removed_member_gets_nothing_in_after_the_removal"},
		{Fault: "skip-duplicate-check", Test: "TestStore/append_races/racing_duplicates_leave_no_hole,_and_every_send_is_answered"},
	})
}
