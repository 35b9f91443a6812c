package hub

import (
	"context"
	"slices"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/model"
)

// ignores reports whether the session's user blocks the other one.
func (s *Session) ignores(other model.UserID) bool {
	blocked := s.blocked.Load()
	if other == 0 || blocked == nil {
		return false
	}
	_, ignored := slices.BinarySearch(*blocked, other)
	return ignored
}

// learnBlocked reads whom users block, for all of their sessions.
func (h *Hub) learnBlocked(ctx context.Context, users []model.UserID) error {
	blocked, err := h.source.BlockedBy(ctx, users)
	if err != nil {
		return err
	}
	for _, user := range users {
		others := slices.Sorted(slices.Values(blocked[user]))
		for _, session := range h.sessionsOf(user) {
			session.setBlocked(others)
		}
	}
	return nil
}

// setBlocked keeps sessions without blocks small.
func (s *Session) setBlocked(sorted []model.UserID) {
	if len(sorted) == 0 {
		s.blocked.Store(nil)
		return
	}
	kept := sorted
	s.blocked.Store(&kept)
}

// changeBlocked does what a notice says. Two notices at once may undo each
// other; the sweep sets it right.
func (h *Hub) changeBlocked(notice envelope.Notice) {
	for _, session := range h.sessionsOf(notice.User) {
		var others []model.UserID
		if blocked := session.blocked.Load(); blocked != nil {
			others = slices.DeleteFunc(slices.Clone(*blocked), func(id model.UserID) bool { return id == notice.Other })
		}
		if notice.Kind == envelope.Blocked {
			others = append(others, notice.Other)
			slices.Sort(others)
		}
		session.setBlocked(others)
	}
}

// sweepBlocked finds the blocks whose notices were lost.
func (h *Hub) sweepBlocked(ctx context.Context, users []model.UserID) {
	for chunk := range slices.Chunk(users, sweepChunk) {
		if err := h.learnBlocked(ctx, chunk); err != nil {
			h.warn("sweep blocks", err)
			return
		}
	}
}
