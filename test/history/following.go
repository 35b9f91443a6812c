package history

import "math"

// following is one session's view of one conversation. What it keeps grows with
// the changes that are no plain births, not with the deliveries.
type following struct {
	conversation *conversation
	births       revs // at which messages were created for the session
	changes      revs // at which it heard anything else
	forgiven     revs
	latest       map[object]state // of what came otherwise than as a plain birth
	top          int64            // the highest rev that was heard of, a folded one included
	reached      int64            // the highest rev of an event: all before it have come
	end          int64            // the last rev that is owed
	floor        int64            // the last seq that the session's user does not see

	connection int
	streams    []place // one, and one more for each further sync of the connection
}

// state is the rev of an object's latest state, and the connection it came on.
type state struct {
	rev        int64
	connection int
}

// place is where a rising sequence of events stands.
type place struct {
	rev   int64
	about object
}

func (f *following) ended() bool { return f.end != math.MaxInt64 }

// forgive owes the session nothing from..to.
func (f *following) forgive(from, to int64) {
	f.forgiven.add(from, to)
	f.top, f.reached = max(f.top, to), max(f.reached, to)
}

// synced begins the order of a connection, or on the same one another sequence
// of events beside those that run.
func (f *following) synced(connection int) {
	if f.connection != connection {
		f.connection = connection
		f.streams = f.streams[:0]
	}
	f.streams = append(f.streams, place{})
}

// resynced reports whether older states may come again on the connection.
func (f *following) resynced() bool { return len(f.streams) > 1 }

// rises finds the sequence that the event goes on with: the furthest one that it
// is newer than. One place may have several objects.
func (f *following) rises(rev int64, about object) bool {
	var best *place
	for i := range f.streams {
		each := &f.streams[i]
		newer := each.rev < rev || (each.rev == rev && each.about != about)
		if newer && (best == nil || each.rev > best.rev) {
			best = each
		}
	}
	if best == nil {
		return false
	}
	*best = place{rev, about}
	return true
}

// take keeps what the event tells the session and reports whether it is news.
func (f *following) take(event *Event, about object, connection int) bool {
	rev := event.state()
	f.top, f.reached = max(f.top, rev), max(f.reached, event.Rev)
	known := f.latest[about]
	news := rev > known.rev
	if event.Kind == Created {
		born := f.births.has(event.Rev)
		f.births.add(event.Rev, event.Rev)
		if rev == event.Rev && known.rev == 0 {
			return !born
		}
		news = news && (rev > event.Rev || !born)
	} else {
		f.changes.add(event.Rev, event.Rev)
	}
	if f.latest == nil {
		f.latest = make(map[object]state)
	}
	f.latest[about] = state{max(rev, known.rev), connection}
	return news
}

// latestOf is the rev of the latest state that the session has of an object, 0
// for none. Born is the rev of a message's birth.
func (f *following) latestOf(about object, born int64) int64 {
	rev := f.latest[about].rev
	if born > rev && f.births.has(born) {
		return born
	}
	return rev
}
