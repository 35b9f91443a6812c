package hub

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// maxChanges bounds what a repair or a resume reads of one conversation; a
	// reader that missed more reads the history page by page.
	maxChanges = 500
	// readTimeout bounds one read of the store.
	readTimeout = 5 * time.Second
)

// repair reads what a feed misses from the store, once for all its sessions.
// While it reads, new changes wait.
func (s *shard) repair(f *feed) {
	s.mu.Lock()
	f.gap = nil
	if fault(faultSkipRepair) || f.want <= f.rev || len(f.attachments) == 0 || s.feeds[f.id] != f {
		s.mu.Unlock()
		return
	}
	f.repairing = true
	since := f.rev
	s.mu.Unlock()

	ctx, cancel := context.WithTimeout(s.hub.ctx, readTimeout)
	changes, err := s.hub.source.Changes(ctx, f.id, since, maxChanges)
	cancel()
	var seats map[model.UserID]seat
	if err == nil {
		seats, err = s.hub.seats(s.hub.ctx, f.id, changes, s.users(f))
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	f.repairing = false
	if err != nil {
		if s.hub.ctx.Err() == nil {
			s.hub.logger.Warn("repair a conversation", "conversation", f.id, "since", since, "error", err)
			s.awaitGap(f)
		}
		return
	}
	if seats != nil && !f.seated(seats) {
		s.awaitGap(f)
		return
	}
	s.hub.metrics.repairs.Inc()
	s.apply(f, changes, seats)
	for rev, change := range f.early {
		if rev <= f.rev {
			s.hub.fannedOut(f, change)
		}
	}
	s.drainEarly(f)
}

// users lists the members whose sessions are attached to a feed.
func (s *shard) users(f *feed) []model.UserID {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := make([]model.UserID, 0, len(f.attachments))
	for _, a := range f.attachments {
		if !a.guest() {
			users = append(users, a.session.identity.User)
		}
	}
	return users
}

// apply brings every attached session from its own place to that of the
// changes, and detaches those of the users who left behind a reset.
func (s *shard) apply(f *feed, changes model.Changes, seats map[model.UserID]seat) {
	since := f.rev
	f.rev = max(f.rev, changes.Rev)
	f.setFloors(floorsAt(changes, seats), changes.Rev)
	shared := s.encode(changes.Events(f.id, since))
	s.repaired(f, changes, shared, seats)
	// Backwards, because those who left are taken out on the way.
	for i := len(f.attachments) - 1; i >= 0; i-- {
		a := &f.attachments[i]
		switch {
		case a.syncing():
			a.progress.stale = true
		case changes.Reset:
			s.reset(f, a, changes.Rev)
			if !a.guest() && seats[a.session.identity.User].left {
				s.detachLocked(f, a.session)
			}
		case a.ahead() > since:
			// An object that was born before the session's place and changed
			// after it would hide behind its birth: order these anew.
			s.sendEach(f, a, s.encode(changes.Events(f.id, a.ahead())))
		default:
			s.sendEach(f, a, shared)
		}
	}
}

func (s *shard) encode(events []model.Event) []*frames {
	encoded := make([]*frames, 0, len(events))
	for _, event := range events {
		change, err := envelope.NewChange(event)
		if err != nil {
			s.hub.logger.Error("encode a change", "conversation", event.ConversationID, "rev", event.Rev, "error", err)
			continue
		}
		encoded = append(encoded, &frames{change: change})
	}
	return encoded
}

// sendEach ends with the event that the session's user left, and then reports
// false: the session is attached no more.
func (s *shard) sendEach(f *feed, a *attachment, events []*frames) bool {
	for _, each := range events {
		if a.take(f, each.change, each.of(a.session.wire)) {
			s.hub.metrics.delivered.Inc()
			a.session.report(each.change, len(f.attachments) <= maxReported)
		}
		if a.isEndedBy(each.change, s.endingOf(each.change)) {
			s.detachLocked(f, a.session)
			return false
		}
	}
	a.settle(f.rev)
	return true
}

func (s *shard) reset(f *feed, a *attachment, rev int64) {
	s.hub.metrics.resets.Inc()
	if a.progress != nil {
		a.progress.ahead = max(a.progress.ahead, rev)
		a.settle(f.rev)
	}
	a.session.Send(a.session.wire.Reset(f.id, rev))
}
