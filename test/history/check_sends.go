package history

import "slices"

// checkSends finds messages and contents that nobody sent, and messages whose
// sends were all refused.
func (e *evidence) checkSends() {
	held := false
	for _, sent := range e.sends {
		held = held || sent.attempts > 0
	}
	if !held {
		return
	}
	for _, id := range e.ids {
		known := e.record(id)
		told := false // one violation for each message is enough
		e.states(id, func(seen sighting) {
			if !told {
				told = e.checkSent(seen, known)
			}
		})
	}
}

func (e *evidence) checkSent(seen sighting, known *record) (told bool) {
	sent := e.sends[seen.key()]
	switch {
	case sent == nil || sent.attempts == 0: // an ack alone does not make it sent
		e.violated(Unasked, seen.source, "message %d of sender %d with clientId %q was never sent", seen.ID, seen.Sender, seen.ClientID)
	case len(sent.acks) == 0 && sent.refusals > 0 && !sent.open():
		e.violated(Refused, seen.source, "message %d of sender %d with clientId %q exists, and was refused with %q",
			seen.ID, seen.Sender, seen.ClientID, sent.code)
	case !seen.Deleted && !asked(seen.Content, sent, known):
		e.violated(Unasked, seen.source, "message %d of sender %d with clientId %q has a content at rev %d that nobody gave it",
			seen.ID, seen.Sender, seen.ClientID, seen.Rev)
	default:
		return false
	}
	return true
}

// asked reports whether a send or an edit had the content.
func asked(content uint64, sent *send, known *record) bool {
	return slices.Contains(sent.contents, content) ||
		slices.ContainsFunc(sent.acks, func(acked Message) bool { return acked.Content == content }) ||
		slices.ContainsFunc(known.attempts, func(each attempt) bool { return !each.deleted && each.content == content })
}
