package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

// TestFaultsAreNoticed builds this package with its faults, switches them on one
// by one, and requires that the test which guards the broken rule fails.
func TestFaultsAreNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and runs the suite once more for each fault")
	}
	g := NewWithT(t)
	binary := filepath.Join(t.TempDir(), "fault.test")
	output, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-tags", "fault", "-o", binary, ".").CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred(), string(output))

	const (
		duplicates = "append_races/racing_duplicates_leave_no_hole,_and_every_send_is_answered"
		removal    = "append_races/a_removed_member_gets_nothing_in_after_the_removal"
		opposite   = "append_races/overlapping_groups_in_opposite_order_never_deadlock"
		visible    = "visibility/who_sees_a_rev_sees_every_lower_one,_and_groups_as_a_whole"
		cancelled  = "cancellation/a_cancelled_append_is_all_or_nothing,_and_its_retry_completes_it"
	)
	for _, test := range []struct{ fault, guard string }{
		{"merge-statements", removal},
		{"merge-on-conflict", duplicates},
		{"skip-member-check", removal},
		{"skip-duplicate-check", duplicates},
		{"unordered-locks", opposite},
		{"half-groups", visible},
		{"half-groups", cancelled},
		{"torn-changes", visible},
	} {
		t.Run(test.fault, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(runWithFault(t, binary, test.fault, test.guard, "5")).
				To(ContainSubstring("--- FAIL: TestStore/" + test.guard))
		})
	}
	t.Run("none", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(runWithFault(t, binary, "", "append_races", "1")).NotTo(ContainSubstring("--- FAIL"))
	})
}

// runWithFault gives what the tests of a pattern print. They run until one fails
// and at most the given number of times: a race may miss its moment once.
func runWithFault(t *testing.T, binary, fault, pattern, times string) string {
	command := exec.CommandContext(t.Context(), binary,
		"-test.count="+times, "-test.failfast", "-test.v", "-test.timeout=5m", "-test.run=^TestStore$/"+pattern)
	command.Env = append(os.Environ(), "PARLEY_FAULT="+fault)
	// That it fails is what most callers want; the output tells why.
	output, _ := command.CombinedOutput()
	NewWithT(t).Expect(string(output)).To(ContainSubstring("--- "), "no test ran")
	return string(output)
}
