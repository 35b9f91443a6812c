package hub

import (
	"context"
	"time"
)

// epochPoll is how often the store is asked whether its data still lives the same
// life.
const epochPoll = time.Second

// watchEpoch notices a failover or a restore that no session asked about.
func (h *Hub) watchEpoch() {
	ticker := time.NewTicker(epochPoll)
	defer ticker.Stop()
	for {
		if epoch := h.readEpoch(); epoch != "" {
			h.enterEpoch(epoch, nil)
		}
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// readEpoch returns nothing while there is no session to lose, or no answer.
func (h *Hub) readEpoch() string {
	if h.Sessions() == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
	defer cancel()
	epoch, err := h.source.Epoch(ctx)
	if err != nil {
		h.warn("read the store's epoch", err)
	}
	return epoch
}

// enterEpoch ends every session of another epoch than the present one, so that it
// resumes and learns that what it saw may never have been. The feeds go too: what
// rev they delivered means nothing any more, and the sessions to come must not
// start from it. Sync calls it before it attaches the asking session, which stays.
func (h *Hub) enterEpoch(epoch string, asking *Session) {
	h.epochMu.Lock()
	defer h.epochMu.Unlock()
	before := h.epoch
	h.epoch = epoch
	if before == "" || before == epoch || fault(faultKeepStaleEpoch) {
		return
	}
	h.logger.Warn("the store is in another epoch", "epoch", epoch, "before", before)
	for _, s := range h.shards {
		s.forget()
	}
	for _, session := range h.all() {
		if session != asking {
			session.Close(CloseDrain)
		}
	}
}

// forget detaches every session from every feed.
func (s *shard) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.feeds {
		s.detachThose(f, func(attachment) bool { return true })
	}
}
