package storetest

import (
	"testing"

	"github.com/parley-chat/parley/chatserver/store"
)

// rule is one sentence of the contract and the test that tries to break it.
type rule struct {
	name  string
	check func(t *testing.T, f *fixture)
}

// Run tests a store. The open function gives an empty one and closes it when
// the test that it was opened for ends.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, subject := range []struct {
		name  string
		rules []rule
	}{
		{"users", users},
		{"conversations", conversations},
		{"members", members},
		{"memberships", memberships},
		{"append", appends},
		{"append_races", appendRaces},
		{"visibility", visibility},
		{"edits", edits},
		{"history", history},
		{"changes", changes},
		{"cancellation", cancellation},
		{"lifecycle", lifecycle},
	} {
		t.Run(subject.name, func(t *testing.T) {
			for _, rule := range subject.rules {
				t.Run(rule.name, func(t *testing.T) {
					rule.check(t, newFixture(t, open(t)))
				})
			}
		})
	}
}
