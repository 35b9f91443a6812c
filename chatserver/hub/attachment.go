package hub

import (
	"github.com/parley-chat/parley/chatserver/bus/envelope"
)

// attachment is one session on one feed. There are more of these than of
// anything else in a pod, so what most of them do without is kept apart.
type attachment struct {
	session *Session
	// progress is nil for a member's session that stands where the feed does.
	progress *progress
}

// progress is of a session that does not stand where the feed does, that follows
// without its user being a member, or whose user does not see all messages.
type progress struct {
	// ahead is the rev that the session was brought to by itself; the feed may
	// still be behind it.
	ahead int64
	// since is the rev from which on the session's user is back, when it was told
	// of that before the end: an end before it is over.
	since int64
	// floor is the last seq of the messages that the session must not be told of.
	floor int64
	// guest says that the session's user is no member.
	guest bool
	// direct says that the conversation is one in which blocks hide nothing.
	direct bool
	// While syncing, changes gather here until the session has what is older.
	// Stale says that some went by ungathered: the session must read again.
	syncing  bool
	stale    bool
	buffer   []envelope.Change
	buffered int
}

func (a *attachment) syncing() bool { return a.progress != nil && a.progress.syncing }

func (a *attachment) guest() bool { return a.progress != nil && a.progress.guest }

// ahead is the rev up to which the session has everything, where that is further
// than the feed, and otherwise some rev that is not.
func (a *attachment) ahead() int64 {
	if a.progress == nil {
		return unknownRev
	}
	return a.progress.ahead
}

// isEndedBy reports whether the session follows no more once it got the change.
func (a *attachment) isEndedBy(change envelope.Change, ending ending) bool {
	if p := a.progress; p != nil && (change.Rev <= p.ahead || change.Rev < p.since) {
		return false
	}
	return ending.concerns(a.session.identity.User)
}

// settle forgets the progress once the feed has come to it.
func (a *attachment) settle(rev int64) {
	if p := a.progress; p != nil && !p.syncing && !p.guest && p.floor == 0 && p.ahead <= rev && p.since <= rev {
		a.progress = nil
	}
}

// setFloor replaces the floor of a session that has caught up.
func (a *attachment) setFloor(floor int64) {
	switch {
	case a.progress != nil:
		a.progress.floor = floor
	case floor > 0:
		a.progress = &progress{ahead: unknownRev, floor: floor}
	}
}

// take queues one change of the feed to one session. It reports whether the
// session gets it now.
func (a *attachment) take(f *feed, change envelope.Change, frame []byte) bool {
	if p := a.progress; p != nil {
		if change.Rev <= p.ahead {
			return false
		}
		if p.syncing {
			p.gather(a.session, change)
			return false
		}
		if isBelow(change, p.floor) {
			// As with those who are blocked below.
			return false
		}
	}
	if !f.direct && a.session.ignores(change.From) {
		// The client's rev moves on with the next change that it gets.
		return false
	}
	return a.session.Send(frame)
}

// gather keeps a change until the session has caught up.
func (p *progress) gather(session *Session, change envelope.Change) {
	if fault(faultAttachUnsynced) {
		return
	}
	p.buffered += len(change.Body)
	if p.buffered > maxQueueBytes {
		p.buffer = nil
		session.Close(CloseSlow)
		return
	}
	p.buffer = append(p.buffer, change)
}
