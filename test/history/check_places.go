package history

import (
	"cmp"
	"slices"
)

// checkPlaces finds disagreement on which message has which seq and rev.
func (e *evidence) checkPlaces() {
	messages := make([]sighting, 0, len(e.ids))
	for _, id := range e.ids {
		messages = append(messages, e.checkPlace(id))
	}
	slices.SortStableFunc(messages, func(a, b sighting) int { return cmp.Compare(a.CreatedRev, b.CreatedRev) })
	for i := 1; i < len(messages); i++ {
		before, after := messages[i-1], messages[i]
		switch {
		case before.CreatedRev == after.CreatedRev:
			e.violated(Order, after.source, "messages %d and %d are both born at rev %d", before.ID, after.ID, after.CreatedRev)
		case before.Seq >= after.Seq:
			e.violated(Order, after.source, "message %d, born at rev %d, has seq %d, and message %d, born later at rev %d, has seq %d",
				before.ID, before.CreatedRev, before.Seq, after.ID, after.CreatedRev, after.Seq)
		}
	}
	e.checkSharedRevs()
}

// checkPlace compares all states of one message and returns the first.
func (e *evidence) checkPlace(id int64) sighting {
	var first sighting
	e.states(id, func(seen sighting) {
		switch {
		case first.ID == 0:
			first = seen
			if e.retained(seen.Seq) && e.byID[id] == nil {
				e.violated(Order, seen.source, "message %d with seq %d was delivered and is not stored", id, seen.Seq)
			}
		case seen.Seq != first.Seq || seen.CreatedRev != first.CreatedRev || seen.key() != first.key():
			e.violated(Order, seen.source, "message %d has seq %d, rev of birth %d, sender %d and clientId %q here, and %d, %d, %d and %q elsewhere",
				id, seen.Seq, seen.CreatedRev, seen.Sender, seen.ClientID, first.Seq, first.CreatedRev, first.Sender, first.ClientID)
		}
	})
	return first
}

// checkSharedRevs finds revs at which two messages changed, other than a reply
// and what it replies to, and revs beyond the store's.
func (e *evidence) checkSharedRevs() {
	born, last := false, change{}
	for _, each := range e.changes {
		if each.rev != last.rev {
			born = false
		} else if !born && each.about.message != 0 && last.about.message != 0 {
			e.violated(Order, "", "rev %d changes %v and %v", each.rev, last.about, each.about)
		}
		born = born || each.born
		last = each
	}
	if e.stored != nil && last.rev > e.stored.Rev {
		e.violated(Order, "", "%v changed at rev %d, and the store is at rev %d", last.about, last.rev, e.stored.Rev)
	}
}

// checkDoubled finds clientIds that name several messages.
func (e *evidence) checkDoubled() {
	owner := make(map[sendKey]int64, len(e.ids))
	claim := func(message Message, source string) {
		known, taken := owner[message.key()]
		if taken && known != message.ID {
			e.violated(Doubled, source, "messages %d and %d are both of sender %d with clientId %q",
				known, message.ID, message.Sender, message.ClientID)
			return
		}
		owner[message.key()] = message.ID
	}
	for _, id := range e.ids {
		e.states(id, func(seen sighting) { claim(seen.Message, seen.source) })
	}
	for _, sent := range e.sends {
		for _, acked := range sent.acks {
			claim(acked, "")
		}
	}
	if e.stored != nil && len(e.byID) < len(e.stored.Messages) {
		e.violated(Doubled, "", "the store has %d messages with %d ids", len(e.stored.Messages), len(e.byID))
	}
}
