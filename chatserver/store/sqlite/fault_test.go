package sqlite

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
	)
	for _, test := range []struct{ fault, guard string }{
		{"skip-member-check", removal},
		{"skip-duplicate-check", duplicates},
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
