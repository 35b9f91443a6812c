package storetest

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
)

// Engine is what the suite needs of an engine.
type Engine struct {
	// Open gives an empty store and closes it when the test that it was opened
	// for ends.
	Open func(t *testing.T) store.Store
	// Dump gives every value of every column of every table of a store that Open
	// gave, as readable text with a line for each row: JSON and bytes that hold
	// text are written as such.
	Dump func(t *testing.T, opened store.Store) string
}

// rule is one sentence of the contract and the test that tries to break it.
type rule struct {
	name  string
	check func(t *testing.T, f *fixture)
}

// subject is the rules on one thing.
type subject struct {
	name  string
	rules []rule
}

// Run tests a store.
func Run(t *testing.T, engine Engine) {
	seen := &coverage{names: map[string]bool{}}
	wanted, ran := 0, 0
	for _, subject := range subjects() {
		wanted += len(subject.rules)
		t.Run(subject.name, func(t *testing.T) {
			for _, rule := range subject.rules {
				t.Run(rule.name, func(t *testing.T) {
					ran++
					rule.check(t, newFixture(t, engine, seen))
				})
			}
		})
	}
	t.Run("every method of the contract is called by the suite", func(t *testing.T) {
		g := NewWithT(t)
		g.Expect(ran).To(Equal(wanted), "this rule looks at a whole run: run the suite without a pattern")
		g.Expect(seen.missing()).To(BeEmpty())
	})
}

func subjects() []subject {
	return []subject{
		{"users", users},
		{"user_changes", userChanges},
		{"user_list", userList},
		{"tokens", tokens},
		{"sessions", sessions},
		{"secrets", secrets},
		{"blocks", blocks},
		{"conversations", conversations},
		{"standing", standing},
		{"conversation_list", conversationList},
		{"change", conversationChange},
		{"change_races", changeRaces},
		{"members", members},
		{"member_list", memberList},
		{"memberships", memberships},
		{"own", own},
		{"append", appends},
		{"append_races", appendRaces},
		{"append_refusals", appendRefusals},
		{"threads", threads},
		{"visibility", visibility},
		{"messages", messages},
		{"edits", edits},
		{"history", history},
		{"reactions", reactions},
		{"receipts", receipts},
		{"unread", unread},
		{"moderation", moderation},
		{"jobs", jobs},
		{"deleted", deleted},
		{"erase", erasure},
		{"isolation", isolation},
		{"changes", changes},
		{"cancellation", cancellation},
		{"lifecycle", lifecycle},
	}
}
