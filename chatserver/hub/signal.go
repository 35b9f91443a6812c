package hub

import "github.com/parley-chat/parley/chatserver/model"

// Signal delivers what is said once and never stored. It never blocks.
func (h *Hub) Signal(signals []model.Signal) {
	for _, signal := range signals {
		if signal.User != 0 {
			h.chosen(signal)
			for _, session := range h.sessionsOf(signal.User) {
				session.SendFleeting(session.wire.Signal(signal))
			}
			continue
		}
		h.shard(signal.Conversation).signal(signal)
	}
}

// signal queues a signal to every attached session that has caught up.
func (s *shard) signal(signal model.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.feeds[signal.Conversation]
	if f == nil || !s.passTyping(f, signal) {
		return
	}
	s.spread(f, signal)
	if signal.Kind == model.EphemeralMessage {
		s.stopTyping(f, signal.From)
	}
}

// spread queues a signal to every session of a feed that may get it.
func (s *shard) spread(f *feed, signal model.Signal) {
	encoded := make(map[Wire][]byte, 1)
	for _, a := range f.attachments {
		wire := a.session.wire
		if a.syncing() || (!f.direct && a.session.ignores(signal.From)) {
			continue
		}
		if encoded[wire] == nil {
			encoded[wire] = wire.Signal(signal)
		}
		a.session.SendFleeting(encoded[wire])
	}
}
