package hub

import "github.com/parley-chat/parley/chatserver/model"

// Signal delivers what is said once and never stored. It never blocks.
func (h *Hub) Signal(signals []model.Signal) {
	for _, signal := range signals {
		if signal.User != 0 {
			for _, session := range h.sessionsOf(signal.User) {
				session.Send(session.wire.Signal(signal))
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
	if f == nil {
		return
	}
	for _, a := range f.attachments {
		if !a.syncing {
			a.session.Send(a.session.wire.Signal(signal))
		}
	}
}
