package hub

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
)

// MaxAttached is how many conversations a session follows live, those with the
// latest change first.
const MaxAttached = 1000

// ResumeState is what a client remembers of an earlier connection.
type ResumeState struct {
	Epoch         string
	Conversations map[model.ConversationID]int64 // the last rev that it saw
}

// Snapshot is what a session stands on once it is attached.
type Snapshot struct {
	Epoch         string
	Conversations []model.Membership     // the user's conversations, the latest change first
	Added         []model.ConversationID // those that the client did not name
	Gone          []model.ConversationID // those that the client named and the user is no member of
	Reset         []model.ConversationID // those whose changes cannot be told from the named rev on
}

// Sync attaches the session to its user's conversations: from now on, or, with
// a state, from what the client saw last. Answer is called with the outcome
// before the first change is queued.
func (s *Session) Sync(ctx context.Context, state *ResumeState, answer func(Snapshot)) error {
	s.attachMu.Lock()
	defer s.attachMu.Unlock()
	if s.left {
		return model.ErrDraining
	}
	h := s.hub
	if err := s.listen(ctx); err != nil {
		h.logger.Warn("subscribe to a user's notices", "error", err)
	}
	epoch, memberships, err := s.list(ctx)
	if err != nil {
		return err
	}
	h.enterEpoch(epoch, s)
	started := s.begin(ctx, memberships, false)
	var revs map[model.ConversationID]int64
	err = h.turns.placing.take(ctx, func() error {
		revs, err = h.source.Revs(ctx, ids(memberships))
		return err
	})
	if err != nil {
		s.abandon(started)
		return err
	}
	snapshot, plan := resumePlan(epoch, memberships, state)
	if err := h.findUnlisted(ctx, s.identity.User, &snapshot); err != nil {
		s.abandon(started)
		return err
	}
	answer(snapshot)
	for _, membership := range memberships {
		id := membership.Conversation
		if p := started[id]; p != nil {
			h.finishSync(ctx, s, p, id, plan[id], revs[id])
		} else if plan[id] < membership.Rev {
			// The session is attached already and asks for what it missed.
			h.replay(ctx, s, membership, plan[id])
		}
	}
	return nil
}

// listen subscribes to the user's notices, once for the session.
func (s *Session) listen(ctx context.Context) error {
	if s.listening {
		return nil
	}
	s.listening = true
	return s.hub.subscriptions.acquire(ctx, []bus.Channel{bus.UserChannel(s.identity.User)})
}

// begin registers the session with the feeds of conversations that it does not
// follow yet and subscribes to their partitions.
func (s *Session) begin(ctx context.Context, memberships []model.Membership, guest bool) map[model.ConversationID]*progress {
	started := make(map[model.ConversationID]*progress, len(memberships))
	channels := make([]bus.Channel, 0, len(memberships))
	for _, membership := range memberships {
		id := membership.Conversation
		if p := s.hub.shard(id).attach(membership, s, guest); p != nil {
			started[id] = p
			channels = append(channels, bus.ConversationChannel(id))
		}
	}
	s.attached.add(slices.Collect(maps.Keys(started)))
	if err := s.hub.subscriptions.acquire(ctx, channels); err != nil {
		s.hub.logger.Warn("subscribe to conversations; the sweep delivers meanwhile", "error", err)
	}
	return started
}

func (s *Session) abandon(started map[model.ConversationID]*progress) {
	for id := range started {
		s.hub.shard(id).detach(id, s)
		s.attached.remove(id)
	}
}

func ids(memberships []model.Membership) []model.ConversationID {
	list := make([]model.ConversationID, len(memberships))
	for i, membership := range memberships {
		list[i] = membership.Conversation
	}
	return list
}

// resumePlan compares what the client saw with what there is. The plan holds,
// by conversation, the rev after which changes are sent: never later than the
// one at which the user was read to be a member, so that a removal since then
// is among them.
func resumePlan(epoch string, memberships []model.Membership, state *ResumeState) (Snapshot, map[model.ConversationID]int64) {
	snapshot := Snapshot{Epoch: epoch, Conversations: memberships}
	plan := make(map[model.ConversationID]int64, len(memberships))
	for _, membership := range memberships {
		id := membership.Conversation
		plan[id] = membership.Rev
		if state == nil {
			continue
		}
		since, named := state.Conversations[id]
		switch {
		case !named:
			snapshot.Added = append(snapshot.Added, id)
		case (state.Epoch != epoch && !fault(faultIgnoreEpoch)) || since > membership.Rev:
			snapshot.Reset = append(snapshot.Reset, id)
		default:
			plan[id] = since
		}
	}
	if state != nil {
		for id := range state.Conversations {
			if _, member := plan[id]; !member {
				snapshot.Gone = append(snapshot.Gone, id)
			}
		}
	}
	return snapshot, plan
}

// findUnlisted takes the conversations that are merely beyond MaxAttached out of
// those that are gone. The session does not follow them: they are to be read
// anew.
func (h *Hub) findUnlisted(ctx context.Context, user model.UserID, snapshot *Snapshot) error {
	if len(snapshot.Gone) == 0 || len(snapshot.Conversations) < MaxAttached {
		return nil
	}
	all, err := h.source.MembershipsChanged(ctx, []model.UserID{user}, time.Unix(0, 0))
	if err != nil {
		return err
	}
	present := make(map[model.ConversationID]bool, len(all))
	for _, membership := range all {
		present[membership.Conversation] = true
	}
	named := snapshot.Gone
	snapshot.Gone = nil
	for _, id := range named {
		if present[id] {
			snapshot.Reset = append(snapshot.Reset, id)
		} else {
			snapshot.Gone = append(snapshot.Gone, id)
		}
	}
	return nil
}

// finishSync sends what happened after since and then lets the feed deliver.
// Present is a rev that the store had once the session was registered.
func (h *Hub) finishSync(ctx context.Context, session *Session, p *progress, id model.ConversationID, since, present int64) {
	read := since < present
	as := follows{p.direct, p.guest, p.floor}
	for {
		if read {
			rev, member, err := h.sendChanges(ctx, session, id, &as, since)
			if err != nil {
				h.logger.Warn("bring a session up to date", "conversation", id, "since", since, "error", err)
				session.Close(CloseGone)
				return
			}
			if !member {
				h.shard(id).detach(id, session)
				return
			}
			since = rev
		}
		if h.shard(id).goLive(id, session, since, as.floor) {
			return
		}
		read = true
	}
}

// follows is how a session follows a conversation; see progress.
type follows struct {
	direct, guest bool
	floor         int64
}

// sendChanges queues what happened after since, and brings the floor to the same
// rev. Member is false when the user is no member of the conversation any more.
func (h *Hub) sendChanges(ctx context.Context, session *Session, id model.ConversationID, as *follows, since int64) (rev int64, member bool, err error) {
	var changes model.Changes
	err = h.turns.catching.take(ctx, func() error {
		read, cancel := context.WithTimeout(ctx, readTimeout)
		defer cancel()
		changes, err = h.source.Changes(read, id, since, maxChanges)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	user := session.identity.User
	var seats map[model.UserID]seat
	if !as.guest {
		if seats, err = h.seats(ctx, id, changes, []model.UserID{user}); err != nil {
			return 0, false, err
		}
	}
	as.floor = floorsAt(changes, seats).of(user, as.floor)
	if changes.Reset {
		h.metrics.resets.Inc()
		session.Send(session.wire.Reset(id, changes.Rev))
		return changes.Rev, !seats[user].left, nil
	}
	s := h.shard(id)
	for _, each := range s.encode(changes.Events(id, since)) {
		if isBelow(each.change, as.floor) || (!as.direct && session.ignores(each.change.From)) {
			continue
		}
		if err := session.sendPaced(ctx, each.of(session.wire)); err != nil {
			return 0, false, err
		}
		session.report(each.change, true)
		if s.endingOf(each.change).concerns(user) {
			return changes.Rev, false, nil
		}
	}
	return changes.Rev, true, nil
}

// replay answers a sync for a conversation that is live already: the changes
// come again, and those that arrive meanwhile may come before them.
func (h *Hub) replay(ctx context.Context, session *Session, membership model.Membership, since int64) {
	as := follows{direct: membership.Type == model.Direct, floor: membership.JoinFloor}
	if _, _, err := h.sendChanges(ctx, session, membership.Conversation, &as, since); err != nil {
		h.logger.Warn("replay a conversation", "conversation", membership.Conversation, "since", since, "error", err)
		session.Close(CloseGone)
	}
}

// goLive hands the session, which has everything up to rev, what gathered and
// leaves the rest to the feed. It reports false when the session must read again.
func (s *shard) goLive(id model.ConversationID, session *Session, rev, floor int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	if f == nil {
		return true
	}
	a := f.find(session)
	if a == nil || !a.syncing() {
		return true
	}
	p := a.progress
	if p.stale {
		p.stale, p.buffer, p.buffered = false, nil, 0
		return false
	}
	gathered := make([]*frames, len(p.buffer))
	for i, change := range p.buffer {
		gathered[i] = &frames{change: change}
	}
	p.syncing, p.buffer, p.buffered, p.ahead, p.floor = false, nil, 0, rev, floor
	if !s.sendEach(f, a, gathered) {
		return true
	}
	s.sendTyping(f, a)
	if f.rev == unknownRev {
		f.rev = rev
		f.want = max(f.want, rev)
		for _, other := range f.attachments {
			if other.progress != nil {
				other.progress.stale = other.progress.syncing
			}
		}
	}
	a.settle(f.rev)
	s.drainEarly(f)
	return true
}

// isFull reports whether the session follows as much as it may. Those that its
// user has left meanwhile count no more.
func (s *Session) isFull() bool {
	if len(s.attached) >= MaxAttached {
		s.attached = slices.DeleteFunc(s.attached, func(id model.ConversationID) bool { return !s.hub.shard(id).follows(id, s) })
	}
	return len(s.attached) >= MaxAttached
}

// attachLater attaches a live session to a conversation that its user just
// became a member of, and sends what happened after since.
func (h *Hub) attachLater(session *Session, id model.ConversationID, since int64) {
	h.running.Go(func() {
		session.attachMu.Lock()
		defer session.attachMu.Unlock()
		if session.left || !session.listening || session.isFull() {
			return
		}
		ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
		defer cancel()
		started := session.begin(ctx, []model.Membership{{Conversation: id}}, false)
		if p := started[id]; p != nil {
			h.finishSync(ctx, session, p, id, since, since+1)
		}
	})
}
