// Package faults shows that a guarantee's test can fail: it runs a package's own
// tests with one of the package's faults switched on. Faults are compiled in by
// the build tag fault only, and PARLEY_FAULT names the one that is on.
//
// What may enter: building and running such tests. What may not: the faults
// themselves (they belong to the packages that they break).
package faults

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Guard names a fault and the test that must notice it.
type Guard struct {
	Fault string
	Test  string // the full name, parts divided by slashes
}

// attempts is how often a guard may run before its fault counts as unnoticed: a
// race may miss its moment.
const attempts = "5"

// AreNoticed builds the caller's package with its faults and requires that each
// guard fails with its fault on, and passes with none.
func AreNoticed(t *testing.T, guards []Guard) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the package again and runs its guards once more for each fault")
	}
	binary := filepath.Join(t.TempDir(), "fault.test")
	output, err := exec.CommandContext(t.Context(), "go", "test", "-c", "-tags", "fault", "-o", binary, ".").CombinedOutput()
	if err != nil {
		t.Fatalf("build with faults: %v\n%s", err, output)
	}
	sound := make(map[string]bool)
	for _, guard := range guards {
		t.Run(guard.Fault, func(t *testing.T) {
			if !sound[guard.Test] {
				if output := run(t, binary, "", guard.Test, "1"); failed(output, guard.Test) {
					t.Fatalf("%s fails without a fault:\n%s", guard.Test, output)
				}
				sound[guard.Test] = true
			}
			if output := run(t, binary, guard.Fault, guard.Test, attempts); !failed(output, guard.Test) {
				t.Errorf("%s stays green with the fault %s on:\n%s", guard.Test, guard.Fault, output)
			}
		})
	}
}

func failed(output, test string) bool { return strings.Contains(output, "--- FAIL: "+test) }

// run gives what one test prints, repeated until it fails.
func run(t *testing.T, binary, fault, test, times string) string {
	t.Helper()
	pattern := "^" + strings.ReplaceAll(test, "/", "$/^") + "$"
	command := exec.CommandContext(t.Context(), binary,
		"-test.count="+times, "-test.failfast", "-test.v", "-test.timeout=5m", "-test.run="+pattern)
	command.Env = append(os.Environ(), "PARLEY_FAULT="+fault)
	// That it fails is what is wanted; the output tells why.
	output, _ := command.CombinedOutput()
	if !strings.Contains(string(output), "--- ") {
		t.Fatalf("no test ran for %s:\n%s", pattern, output)
	}
	return string(output)
}
