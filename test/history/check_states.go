package history

// checkStates finds contents and tombstones that the acked changes do not
// explain, and disagreement on them.
func (e *evidence) checkStates() {
	acked := e.ackedSends()
	for _, id := range e.ids {
		known := e.record(id)
		changes := known.changes
		if sent, ok := acked[id]; ok {
			changes = append([]Message{sent}, changes...)
		}
		e.checkAgreement(id)
		e.states(id, func(seen sighting) {
			best, explained := explain(seen.Message, changes, known)
			if explained {
				return
			}
			e.violated(ruleFor(seen, best, e.byID[id]), seen.source, "message %d is %s at rev %d, and %s was acked at rev %d",
				id, describe(seen.Message), seen.Rev, describe(best), best.Rev)
		})
		e.checkFinal(id, known)
	}
}

// ackedSends returns what each message was acked with, at the rev of its birth.
func (e *evidence) ackedSends() map[int64]Message {
	acked := make(map[int64]Message, len(e.sends))
	for _, sent := range e.sends {
		for _, each := range sent.acks {
			each.Rev = min(each.CreatedRev, e.born[each.ID])
			if each.Content != 0 {
				acked[each.ID] = each
			}
		}
	}
	return acked
}

// ruleFor is Lost where the store has something else than a message was sent
// with, and Edit for everything else.
func ruleFor(seen sighting, best Message, stored *Message) Rule {
	if seen.source == "" && stored != nil && best.Rev == best.CreatedRev {
		return Lost
	}
	return Edit
}

func describe(message Message) string {
	if message.Deleted {
		return "a tombstone"
	}
	return "other content"
}

// explain finds the acked change that a state has to show, the one with the
// highest rev up to its own, and reports whether it does, or shows an attempt
// that was never answered instead.
func explain(seen Message, changes []Message, known *record) (best Message, explained bool) {
	asked := false
	for _, each := range changes {
		asked = true
		if each.Rev == 0 {
			// A deletion that does not say when.
			if seen.Deleted {
				return best, true
			}
			continue
		}
		if each.Rev <= seen.Rev && each.Rev >= best.Rev {
			best = each
		}
	}
	if !asked || best.ID == 0 || seen.sameState(best) {
		return best, true
	}
	if best.Deleted {
		return best, false
	}
	for _, each := range known.attempts {
		if each.sent > each.acked && seen.sameState(Message{Content: each.content, Deleted: each.deleted}) {
			return best, true
		}
	}
	return best, false
}

// checkAgreement finds two states of one message at one rev, in whatever order
// they were seen.
func (e *evidence) checkAgreement(id int64) {
	if len(e.record(id).others) == 0 && e.byID[id] == nil {
		return
	}
	var states []sighting
	e.states(id, func(seen sighting) {
		for _, each := range states {
			if each.Rev == seen.Rev && !each.sameState(seen.Message) {
				e.violated(Edit, seen.source, "message %d at rev %d is %s here than elsewhere", id, seen.Rev, describe(seen.Message))
				return
			}
		}
		states = append(states, seen)
	})
}

// checkFinal finds what the store forgot of a message that it has.
func (e *evidence) checkFinal(id int64, known *record) {
	stored := e.byID[id]
	if stored == nil {
		return
	}
	for _, acked := range known.changes {
		switch {
		case acked.Deleted && !stored.Deleted:
			e.violated(Edit, "", "message %d was acked as deleted and is none in the store", id)
			return
		case acked.Rev > stored.Rev:
			e.violated(Edit, "", "message %d is stored at rev %d, and a change was acked at rev %d", id, stored.Rev, acked.Rev)
			return
		}
	}
	known.sightings(func(seen sighting) {
		if seen.source != "" && seen.Rev > stored.Rev {
			e.violated(Edit, seen.source, "message %d is stored at rev %d and was delivered at rev %d", id, stored.Rev, seen.Rev)
		}
	})
}
