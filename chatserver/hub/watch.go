package hub

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/parley-chat/parley/chatserver/keyset"
)

// watchInterval is how often sessions are looked at: for credentials that are
// over, and a share of them for a ping.
const watchInterval = time.Second

func (h *Hub) watchSessions() {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for round := 0; ; round++ {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
		sessions := h.all()
		now := h.now()
		for _, session := range sessions {
			if expires := session.expires.Load(); expires != nil && now.After(*expires) {
				session.Close(CloseTokenExpired)
			}
		}
		h.ping(sessions, round)
	}
}

// PingInterval is how often a session is pinged.
func (h *Hub) PingInterval() time.Duration { return h.timing.Ping }

// ping spreads the pings of all sessions over the interval.
func (h *Hub) ping(sessions []*Session, round int) {
	rounds := max(1, int(h.timing.Ping/watchInterval))
	for _, session := range sessions {
		if session.number%rounds == round%rounds {
			session.pingNow()
		}
	}
}

// CloseRevoked closes the sessions that were opened with an API key for which
// holds is false. It may be called often: while all keys hold it looks at no
// session.
func (h *Hub) CloseRevoked(holds func(keyset.Entry) bool) {
	revoked := h.keysThat(func(key keyset.Entry) bool { return !holds(key) })
	if len(revoked) == 0 {
		return
	}
	for _, session := range h.all() {
		if revoked[session.identity.Key] {
			session.Close(CloseKeyRevoked)
		}
	}
}

// keysThat finds among the keys of live sessions those that match.
func (h *Hub) keysThat(match func(keyset.Entry) bool) map[*keyset.Entry]bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var found map[*keyset.Entry]bool
	for key := range h.keys {
		if match(*key) {
			if found == nil {
				found = make(map[*keyset.Entry]bool)
			}
			found[key] = true
		}
	}
	return found
}

// Drain sends all sessions away, one by one over the window, each after what is
// queued for it was written. No session joins any more. It returns when all
// were told, or the context ends.
func (h *Hub) Drain(ctx context.Context, window time.Duration) {
	h.mu.Lock()
	h.draining = true
	h.mu.Unlock()
	sessions := h.all()
	if len(sessions) == 0 {
		return
	}
	rand.Shuffle(len(sessions), func(i, j int) { sessions[i], sessions[j] = sessions[j], sessions[i] })
	step := window / time.Duration(len(sessions))
	for i, session := range sessions {
		if fault(faultSilentDrain) {
			break
		}
		session.Send(session.wire.Drain(step * time.Duration(i+1)))
	}
	for _, session := range sessions {
		select {
		case <-ctx.Done():
			return
		case <-time.After(jitter(step)):
		}
		session.Close(CloseDrain)
	}
}

// jitter spreads around the mean, so that clients do not come back in step.
func jitter(mean time.Duration) time.Duration {
	return mean/2 + time.Duration(rand.Int64N(int64(mean)+1))
}
