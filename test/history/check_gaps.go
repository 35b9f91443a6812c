package history

import "slices"

// HasAll reports whether the session has heard of everything up to a rev, as far
// as anybody knows by now what happened: what Check asks for at the end. Where
// only births came it answers from what the session has; else it looks at the
// whole conversation.
func (s *Session) HasAll(conversation, rev int64) bool {
	if sure, all := s.hasBirths(conversation, rev); sure {
		return all
	}
	c := s.recorder.conversation(conversation)
	c.mu.Lock()
	e := weigh(c, nil, nil)
	c.mu.Unlock()
	e.end = rev
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.followings[conversation].gaps(e)) == 0
}

// hasBirths answers HasAll where that needs no look at what others know.
func (s *Session) hasBirths(conversation, rev int64) (sure, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.followings[conversation]
	if f == nil || (f.top < rev && f.floor == 0 && !f.ended()) {
		return true, false
	}
	all = len(f.settled().missing(min(f.end, rev))) == 0
	return all, all
}

// checkGaps finds what the session was owed and did not hear of.
func (s *Session) checkGaps(e *evidence) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.followings[e.id]
	if f == nil {
		return
	}
	for _, gap := range f.gaps(e) {
		what := "which nobody can name"
		if changes := e.from(gap.from); len(changes) > 0 && changes[0].rev == gap.from {
			what = "which changed " + changes[0].about.String()
		}
		e.violated(Gap, s.name, "rev %d..%d never came, the first of %s, and the session knows rev %d", gap.from, gap.to, what, f.top)
	}
}

// gaps returns the revs up to the end that the session did not hear of.
func (f *following) gaps(e *evidence) revs {
	excuses := f.excuses(e)
	var gaps revs
	for _, missing := range f.settled().missing(min(f.end, e.end)) {
		changes := e.from(missing.from)
		for rev := missing.from; rev <= missing.to; rev++ {
			n := 0
			for n < len(changes) && changes[n].rev == rev {
				n++
			}
			if !f.heardOf(rev, changes[:n], e) && (n > 0 || !excuses.use(rev)) {
				gaps.add(rev, rev)
			}
			changes = changes[n:]
		}
	}
	return gaps
}

// settled returns the revs that need no other look: births that came, and what is
// forgiven.
func (f *following) settled() revs {
	heard := slices.Clone(f.births)
	for _, each := range f.forgiven {
		heard.add(each.from, each.to)
	}
	return heard
}

// heardOf reports whether the session knows of what changed at a rev: by the
// change itself or by a later state.
func (f *following) heardOf(rev int64, changes []change, e *evidence) bool {
	if len(changes) > 0 && !slices.ContainsFunc(changes, func(c change) bool { return !f.hides(c.about, e) }) {
		return true
	}
	for _, each := range changes {
		if each.born {
			return f.latest[each.about].rev >= rev
		}
	}
	if f.changes.has(rev) {
		return true
	}
	for _, each := range changes {
		if f.latestOf(each.about, e.born[each.about.message]) < rev && !f.released(each, e) && !f.hides(each.about, e) {
			return false
		}
	}
	return len(changes) > 0
}

// hides reports whether the object is a message that the session's user does not
// see.
func (f *following) hides(about object, e *evidence) bool {
	seq, known := e.seqs[about.message]
	return known && seq <= f.floor
}

// released reports whether the object changed again while nothing was owed: a
// session that leaves in the midst of a resume misses the folded events whose
// place was still to come.
func (f *following) released(missed change, e *evidence) bool {
	last := e.last[missed.about]
	return last > missed.rev && f.unowed(last)
}

// unowed reports whether the session has no claim to a rev.
func (f *following) unowed(rev int64) bool { return rev > f.end || f.forgiven.has(rev) }

// excuse is a message with changes of unknown fate, within which some revs may
// have no name.
type excuse struct {
	after, before int64
	left          int
}

type excuses []excuse

// excuses lists the messages that may have changed at revs that nobody can name.
func (f *following) excuses(e *evidence) excuses {
	var found excuses
	for id, open := range e.open {
		about, born := object{message: id}, e.born[id]
		latest := f.latestOf(about, born)
		if last := e.last[about]; f.unowed(last) || f.hides(about, e) {
			latest = max(latest, last)
		}
		found = append(found, excuse{born, latest, open})
	}
	return found
}

// use takes the excuse for a rev that ends first.
func (e excuses) use(rev int64) bool {
	best := -1
	for i, each := range e {
		if each.left > 0 && each.after < rev && rev < each.before && (best < 0 || each.before < e[best].before) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	e[best].left--
	return true
}
