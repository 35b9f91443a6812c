package postgres

import (
	"testing"

	"github.com/parley-chat/parley/test/faults"
)

func TestFaultsAreNoticed(t *testing.T) {
	const (
		duplicates = "TestStore/append_races/racing_duplicates_leave_no_hole,_and_every_send_is_answered"
		removal    = "TestStore/append_races/a_removed_member_gets_nothing_in_after_the_removal"
		opposite   = "TestStore/append_races/overlapping_groups_in_opposite_order_never_deadlock"
		visible    = "TestStore/visibility/who_sees_a_rev_sees_every_lower_one,_and_groups_as_a_whole"
		cancelled  = "TestStore/cancellation/a_cancelled_append_is_all_or_nothing,_and_its_retry_completes_it"
	)
	faults.AreNoticed(t, []faults.Guard{
		{Fault: "merge-statements", Test: removal},
		{Fault: "merge-on-conflict", Test: duplicates},
		{Fault: "skip-member-check", Test: removal},
		{Fault: "skip-duplicate-check", Test: duplicates},
		{Fault: "unordered-locks", Test: opposite},
		{Fault: "half-groups", Test: visible},
		{Fault: "half-groups", Test: cancelled},
		{Fault: "torn-changes", Test: visible},
	})
}
