//go:build unix

package guarantees

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/parley-chat/parley/test/history"
)

// Scenario runs a trial with the given options and returns what Finish found, and
// what it found itself.
type Scenario func(t *testing.T, options Options) []Problem

// Break is a fault that breaks a scenario's promise, and the rules of which at
// least one must be seen broken.
type Break struct {
	Fault string
	Rules []history.Rule
}

// chances is how often a scenario may run before its fault counts as unnoticed: a
// race may miss its moment.
const chances = 3

// Hold requires that the scenario finds no problem, and that it finds each break.
// It runs beside other tests.
func Hold(t *testing.T, scenario Scenario, breaks ...Break) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs chat servers for a good while")
	}
	t.Parallel()
	t.Run("holds", func(t *testing.T) {
		t.Parallel()
		if problems := scenario(t, Options{}); len(problems) > 0 {
			t.Error(list(problems))
		}
	})
	for _, each := range breaks {
		t.Run("is seen broken by "+each.Fault, func(t *testing.T) {
			t.Parallel()
			var found []Problem
			for range chances {
				found = scenario(t, Options{Fault: each.Fault})
				if slices.ContainsFunc(found, func(p Problem) bool { return slices.Contains(each.Rules, p.Rule) }) {
					t.Log("as expected:", list(found))
					return
				}
			}
			t.Errorf("with the fault %s on, none of %v is seen broken: %s", each.Fault, each.Rules, list(found))
		})
	}
}

// listed bounds the problems that are printed.
const listed = 10

func list(problems []Problem) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d problems", len(problems))
	for i, each := range problems {
		if i == listed {
			text.WriteString("\n  ...")
			break
		}
		fmt.Fprintf(&text, "\n  %v", each)
	}
	return text.String()
}
