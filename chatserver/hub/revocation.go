package hub

import (
	"context"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// revocationPoll is how often the store is asked for revoked tokens: no notice
// must be needed for a session to end within a second.
const revocationPoll = 750 * time.Millisecond

// closeOlder closes the user's sessions that were opened before the epoch.
func (h *Hub) closeOlder(user model.UserID, epoch int64) {
	for _, session := range h.sessionsOf(user) {
		if session.identity.TokenEpoch < epoch {
			session.Close(CloseTokensRevoked)
		}
	}
}

// watchRevocations finds what no notice told, and what was revoked between the
// check of a token and the beginning of its session.
func (h *Hub) watchRevocations() {
	var since time.Time // of the database's clock
	ticker := time.NewTicker(revocationPoll)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
		}
		// While there are no sessions since stays: the next ones look back to it.
		if h.Sessions() > 0 && !fault(faultSkipRevocationPoll) {
			since = h.closeRevokedSince(since)
		}
	}
}

// closeRevokedSince returns from when on the next poll must look.
func (h *Hub) closeRevokedSince(since time.Time) time.Time {
	ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
	defer cancel()
	now, err := h.source.Now(ctx)
	if err != nil {
		h.warn("read the store's clock", err)
		return since
	}
	if fault(faultOwnClock) {
		now = h.now()
	}
	if since.IsZero() {
		since = now
	}
	revoked, err := h.source.RevokedSince(ctx, since.Add(-sweepOverlap))
	if err != nil {
		h.warn("read who is revoked", err)
		return since
	}
	for _, each := range revoked {
		h.closeOlder(each.User, each.Epoch)
	}
	return now
}
