package hub

import (
	"slices"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// shard holds a part of the feeds behind one lock. Under the lock frames are
// only queued, never written.
type shard struct {
	hub *Hub

	mu     sync.Mutex
	feeds  map[model.ConversationID]*feed
	lively map[*feed]struct{} // those in which somebody types
}

func newShard(hub *Hub) *shard {
	return &shard{hub: hub, feeds: make(map[model.ConversationID]*feed), lively: make(map[*feed]struct{})}
}

func (s *shard) has(id model.ConversationID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.feeds[id] != nil
}

// arrived takes one change from this pod or the bus, in any order, any number
// of times.
func (s *shard) arrived(change envelope.Change) {
	s.heardOf(change)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[change.Conversation]
	if f == nil || (f.rev != unknownRev && change.Rev <= f.rev) {
		return
	}
	f.want = max(f.want, change.Rev)
	if change.Reveals {
		// The repair reads it together with what each user sees from then on.
		s.awaitGap(f)
		return
	}
	if !fault(faultAnyOrder) && (f.rev == unknownRev || f.repairing || change.Rev > f.rev+1) {
		s.keepEarly(f, change)
		return
	}
	s.dispatch(f, change)
	s.drainEarly(f)
}

// keepEarly holds a change back until the ones before it are there.
func (s *shard) keepEarly(f *feed, change envelope.Change) {
	if len(f.early) >= maxEarly {
		// The repair reads this one from the store too.
		return
	}
	if f.early == nil {
		f.early = make(map[int64]envelope.Change)
	}
	f.early[change.Rev] = change
	s.awaitGap(f)
}

func (s *shard) drainEarly(f *feed) {
	for {
		change, ok := f.early[f.rev+1]
		if !ok {
			break
		}
		delete(f.early, change.Rev)
		s.dispatch(f, change)
	}
	for rev := range f.early {
		if rev <= f.rev {
			delete(f.early, rev)
		}
	}
	if f.want > f.rev {
		s.awaitGap(f)
		return
	}
	if f.gap != nil && f.gap.Stop() {
		s.hub.running.Done()
		f.gap = nil
	}
}

// awaitGap starts the wait for what is missing, unless it runs.
func (s *shard) awaitGap(f *feed) {
	if f.gap != nil || f.repairing || f.rev == unknownRev {
		return
	}
	s.hub.running.Add(1)
	f.gap = time.AfterFunc(s.hub.timing.GapWait, func() {
		defer s.hub.running.Done()
		s.repair(f)
	})
}

// dispatch queues a change to every attached session and moves the feed on.
func (s *shard) dispatch(f *feed, change envelope.Change) {
	if change.Rev > f.rev+1 {
		s.hub.metrics.gaps.Inc()
	}
	shared := frames{change: change}
	delivered, reports := 0, len(f.attachments) <= maxReported
	f.rev = max(f.rev, change.Rev)
	for i := range f.attachments {
		a := &f.attachments[i]
		if a.take(f, change, shared.of(a.session.wire)) {
			delivered++
			a.session.report(change, reports)
		}
		a.settle(f.rev)
	}
	s.hub.metrics.delivered.Add(float64(delivered))
	s.hub.fannedOut(f, change)
	s.stopTypingOf(f, change)
	s.expel(f, change, s.endingOf(change))
}

// expel detaches the sessions that an ending concerns, after they were told.
// Those that are further know better: the member is back.
func (s *shard) expel(f *feed, change envelope.Change, ending ending) {
	if ending.user == 0 && !ending.everybody {
		return
	}
	s.detachThose(f, func(a attachment) bool {
		return !a.syncing() && a.isEndedBy(change, ending)
	})
}

// attach registers a session, which gathers changes until finishSync. It
// returns nil when the session was attached already.
func (s *shard) attach(membership model.Membership, session *Session, guest bool) *progress {
	id := membership.Conversation
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil {
		f = &feed{id: id, rev: unknownRev}
		s.feeds[id] = f
	}
	f.direct = f.direct || membership.Type == model.Direct
	if a := f.find(session); a != nil {
		if a.progress != nil {
			a.progress.guest = a.progress.guest && guest
		}
		return nil
	}
	p := &progress{syncing: true, direct: f.direct, guest: guest, floor: membership.JoinFloor}
	f.add(attachment{session, p})
	return p
}

// isBack notes that the session's user is a member again, or may receive messages
// again, since the rev: the end before it may still be on its way, and so may
// messages from between that are below the new floor.
func (s *shard) isBack(id model.ConversationID, session *Session, since, floor int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil {
		return
	}
	a := f.find(session)
	if a == nil || since <= f.rev {
		return
	}
	if a.progress == nil {
		a.progress = &progress{ahead: unknownRev}
	}
	p := a.progress
	if p.since = max(p.since, since); p.syncing {
		p.stale = true // it reads the floor too
		return
	}
	p.floor = max(p.floor, floor)
}

func (s *shard) detach(id model.ConversationID, session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.feeds[id]; f != nil {
		s.detachLocked(f, session)
	}
}

func (s *shard) detachLocked(f *feed, session *Session) {
	s.detachThose(f, func(a attachment) bool { return a.session == session })
}

func (s *shard) detachThose(f *feed, leave func(attachment) bool) {
	before := len(f.attachments)
	f.attachments = slices.DeleteFunc(f.attachments, leave)
	for range before - len(f.attachments) {
		s.hub.subscriptions.release(bus.ConversationChannel(f.id))
	}
	if len(f.attachments) == before || len(f.attachments) > 0 {
		return
	}
	delete(s.feeds, f.id)
	delete(s.lively, f)
	if f.gap != nil && f.gap.Stop() {
		s.hub.running.Done()
	}
}

// heard tells a feed the rev that the store has. It reports whether the feed
// did not know. One whose place is not known yet asks once it is.
func (s *shard) heard(id model.ConversationID, rev int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil || rev <= f.want || rev <= f.rev {
		return false
	}
	f.want = rev
	s.awaitGap(f)
	return f.rev != unknownRev
}

// ids lists the attached conversations, for the sweep.
func (s *shard) ids(into []model.ConversationID, wanted func(model.ConversationID) bool) []model.ConversationID {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.feeds {
		if wanted(id) {
			into = append(into, id)
		}
	}
	return into
}
