package hub

import (
	"context"
	"slices"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// sweepChunk bounds the conversations or users in one question to the store.
	sweepChunk = 1000
	// sweepOverlap is how far a sweep of memberships looks back: a change that
	// is stamped earlier may be committed later, by as long as a transaction of
	// the store may last, twice over.
	sweepOverlap = 10 * time.Second
)

// sweepLoop compares what is attached with the store, so that a change whose
// announcement was lost is found even when nothing follows it.
func (h *Hub) sweepLoop() {
	var since time.Time // of the database's clock
	ticker := time.NewTicker(min(h.timing.UnhealthySweep, h.timing.Sweep))
	defer ticker.Stop()
	swept := time.Now()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
		if h.subscriptions.subscriber.Healthy() && time.Since(swept) < h.timing.Sweep {
			continue
		}
		swept = time.Now()
		if h.Sessions() > 0 && !fault(faultSkipSweep) {
			h.sweepFeeds(func(model.ConversationID) bool { return true })
			since = h.sweepMemberships(since)
		}
		h.subscriptions.drop()
	}
}

// Resubscribed sweeps what a lost subscription may have missed; bus.Receiver.
func (h *Hub) Resubscribed(channel bus.Channel) {
	h.running.Go(func() {
		if channel.Family == bus.Users {
			h.sweepUsers(channel)
			return
		}
		h.sweepFeeds(func(id model.ConversationID) bool { return bus.ConversationChannel(id) == channel })
	})
}

func (h *Hub) sweepFeeds(wanted func(model.ConversationID) bool) {
	var attached []model.ConversationID
	for _, s := range h.shards {
		attached = s.ids(attached, wanted)
	}
	for chunk := range slices.Chunk(attached, sweepChunk) {
		ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
		revs, err := h.source.Revs(ctx, chunk)
		cancel()
		if err != nil {
			h.warn("sweep conversations", err)
			return
		}
		for id, rev := range revs {
			if h.shard(id).heard(id, rev) {
				h.metrics.sweepsFound.Inc()
			}
		}
	}
}

// sweepMemberships attaches sessions to conversations whose notice was lost. It
// returns from when on the next sweep must look.
func (h *Hub) sweepMemberships(since time.Time) time.Time {
	ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
	defer cancel()
	now, err := h.source.Now(ctx)
	if err != nil {
		h.warn("read the store's clock", err)
		return since
	}
	if since.IsZero() {
		since = now.Add(-h.timing.Sweep)
	}
	h.mu.RLock()
	users := make([]model.UserID, 0, len(h.users))
	for user := range h.users {
		users = append(users, user)
	}
	h.mu.RUnlock()
	h.sweepBlocked(ctx, users)
	if h.attachChanged(ctx, users, since.Add(-sweepOverlap)) {
		return now
	}
	return since
}

func (h *Hub) sweepUsers(channel bus.Channel) {
	h.mu.RLock()
	var users []model.UserID
	for user := range h.users {
		if bus.UserChannel(user) == channel {
			users = append(users, user)
		}
	}
	h.mu.RUnlock()
	ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
	defer cancel()
	h.sweepBlocked(ctx, users)
	// How long the subscription was lost is not known: ask for all.
	h.attachChanged(ctx, users, time.Unix(0, 0))
}

func (h *Hub) attachChanged(ctx context.Context, users []model.UserID, since time.Time) bool {
	for chunk := range slices.Chunk(users, sweepChunk) {
		changed, err := h.source.MembershipsChanged(ctx, chunk, since)
		if err != nil {
			h.warn("sweep memberships", err)
			return false
		}
		for _, membership := range changed {
			for _, session := range h.sessionsOf(membership.User) {
				if !h.shard(membership.Conversation).follows(membership.Conversation, session) {
					h.attachLater(session, membership.Conversation, membership.JoinedRev-1)
				}
			}
		}
	}
	return true
}

// follows reports whether the session is attached to the conversation.
func (s *shard) follows(id model.ConversationID, session *Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[id]
	return f != nil && f.find(session) != nil
}

func (h *Hub) warn(what string, err error) {
	if h.ctx.Err() == nil {
		h.logger.Warn(what, "error", err)
	}
}
