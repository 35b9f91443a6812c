package history

import (
	"cmp"
	"slices"
)

// change says that an object changed, or a message was born, at a rev.
type change struct {
	rev   int64
	about object
	born  bool
}

// evidence is one conversation at the end of a history, ready to be judged.
type evidence struct {
	*conversation
	stored  *Stored            // nil when the store was not read
	byID    map[int64]*Message // what is stored
	born    map[int64]int64    // the rev of birth of every message that is known
	seqs    map[int64]int64    // the seq of every message that is known
	changes []change           // all that anybody can name, by rev
	last    map[object]int64   // the rev of every object's last change
	end     int64              // the last rev that anybody knows of
	ids     []int64            // of all messages that are known, ascending
	open    map[int64]int      // changes without an answer, by message
	found   *findings
}

// weigh prepares a conversation, whose lock the caller holds.
func weigh(c *conversation, stored *Stored, found *findings) *evidence {
	e := &evidence{
		conversation: c, stored: stored, found: found,
		byID: make(map[int64]*Message), open: make(map[int64]int),
		born: make(map[int64]int64, len(c.messages)), seqs: make(map[int64]int64, len(c.messages)),
		last: make(map[object]int64, len(c.messages)),
	}
	e.weighStore()
	for id, known := range c.messages {
		known.sightings(func(seen sighting) { e.weighState(seen.Message) })
		for _, acked := range known.changes {
			e.mention(acked.Rev, id)
		}
	}
	for _, sent := range c.sends {
		for _, acked := range sent.acks {
			e.mention(acked.Rev, acked.ID)
		}
	}
	for each := range c.named {
		e.changes = append(e.changes, change{rev: each.rev, about: each.object})
	}
	slices.SortFunc(e.changes, func(a, b change) int {
		return cmp.Or(cmp.Compare(a.rev, b.rev), cmp.Compare(a.rank(), b.rank()),
			cmp.Compare(a.about.message, b.about.message), cmp.Compare(a.about.name, b.about.name))
	})
	e.changes = slices.Compact(e.changes)
	for _, each := range e.changes {
		e.last[each.about] = each.rev
	}
	for id, known := range c.messages {
		if open := e.unanswered(id, known); open > 0 {
			e.open[id] = open
		}
	}
	switch {
	case stored != nil:
		e.end = stored.Rev
	case len(e.changes) > 0:
		e.end = e.changes[len(e.changes)-1].rev
	}
	for id := range e.born {
		e.ids = append(e.ids, id)
	}
	slices.Sort(e.ids)
	return e
}

// rank has a birth come before what else has its rev.
func (c change) rank() int {
	if c.born {
		return 0
	}
	return 1
}

func (e *evidence) weighStore() {
	if e.stored == nil {
		return
	}
	for i := range e.stored.Messages {
		message := &e.stored.Messages[i]
		e.byID[message.ID] = message
		e.weighState(*message)
	}
}

func (e *evidence) weighState(message Message) {
	about := object{message: message.ID}
	if _, known := e.born[message.ID]; !known {
		e.born[message.ID], e.seqs[message.ID] = message.CreatedRev, message.Seq
	}
	e.changes = append(e.changes, change{message.CreatedRev, about, true})
	if message.Rev != message.CreatedRev {
		e.changes = append(e.changes, change{rev: message.Rev, about: about})
	}
}

func (e *evidence) mention(rev, id int64) {
	if rev != 0 {
		e.changes = append(e.changes, change{rev: rev, about: object{message: id}})
	}
}

// from returns what changed from a rev on, by rev.
func (e *evidence) from(rev int64) []change {
	i, _ := slices.BinarySearchFunc(e.changes, rev, func(c change, rev int64) int { return cmp.Compare(c.rev, rev) })
	return e.changes[i:]
}

// retained reports whether the store still has to have a seq.
func (e *evidence) retained(seq int64) bool { return e.stored != nil && seq >= e.stored.firstSeq() }

// unanswered counts the attempts to change a message whose revs nobody can name.
// One that had no answer is named too, where its state came at a rev that
// nothing else accounts for.
func (e *evidence) unanswered(id int64, known *record) int {
	total := 0
	for _, each := range known.attempts {
		open := max(0, each.sent-each.acked)
		if open > 0 && each.acked == 0 && e.ownRev(id, known, Message{Content: each.content, Deleted: each.deleted}) {
			open--
		}
		total += open
	}
	return total
}

// ownRev reports whether a message first had a state at a rev at which neither
// an answer, a reply nor another event tells of something else.
func (e *evidence) ownRev(id int64, known *record, wanted Message) bool {
	first := int64(0)
	e.states(id, func(seen sighting) {
		if seen.sameState(wanted) && (first == 0 || seen.Rev < first) {
			first = seen.Rev
		}
	})
	if first == 0 || e.from(first)[0].born {
		return false
	}
	_, named := e.named[naming{first, object{message: id}}]
	return !named && !slices.ContainsFunc(known.changes, func(acked Message) bool { return acked.Rev == first })
}

// violated adds a breach; session is empty where it is not one session's.
func (e *evidence) violated(rule Rule, session, format string, arguments ...any) {
	e.found.add(rule, e.id, session, format, arguments...)
}

// record returns what clients know of a message, empty for nothing.
func (e *evidence) record(id int64) *record {
	if known := e.messages[id]; known != nil {
		return known
	}
	return &record{}
}

// states calls visit with every state of a message: the store's first, then those
// that clients saw.
func (e *evidence) states(id int64, visit func(sighting)) {
	if message := e.byID[id]; message != nil {
		visit(sighting{message.normal(), ""})
	}
	e.record(id).sightings(visit)
}
