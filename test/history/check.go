package history

import (
	"maps"
	"slices"
)

// Check holds the history to all rules and returns what breaks them, at most 20
// of each rule and a count of the rest. Where stored lacks a conversation, the
// rules that need the store are left out, and what is owed ends with the last
// rev that anybody heard of. Call it when nothing is on its way any more.
func (r *Recorder) Check(stored ...Stored) []Violation {
	var found findings
	inStore := make(map[int64]*Stored, len(stored))
	for i := range stored {
		inStore[stored[i].Conversation] = &stored[i]
		r.conversation(stored[i].Conversation)
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, id := range slices.Sorted(maps.Keys(r.conversations)) {
		r.conversations[id].check(inStore[id], r.sessions, &found)
	}
	for _, s := range r.sessions {
		s.mu.Lock()
		found.take(s.findings)
		s.mu.Unlock()
	}
	return found.all()
}

func (c *conversation) check(stored *Stored, sessions []*Session, found *findings) {
	c.mu.Lock()
	e := weigh(c, stored, found)
	e.checkStore()
	e.checkPlaces()
	e.checkDoubled()
	e.checkStates()
	e.checkSends()
	c.mu.Unlock()
	for _, s := range sessions {
		s.checkGaps(e)
	}
}
