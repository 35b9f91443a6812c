package hub

import "sync"

// writers starts the goroutines that write to sessions.
type writers struct {
	mu      sync.Mutex
	held    int // calls of Together that are under way
	waiting []*Session
}

// Together calls a function that queues frames for many sessions. All that it
// queues for one of them leaves in one write: to start a write takes longer than
// to queue a frame, so that an ack and the event of the same message would leave
// in two. It must not block.
func (h *Hub) Together(queue func()) {
	h.writers.hold()
	defer func() {
		for _, session := range h.writers.release() {
			h.do(session.write)
		}
	}()
	queue()
}

func (w *writers) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held++
}

// release returns the sessions that wait for their writers, those of others
// included: nobody waits for longer than one call takes.
func (w *writers) release() []*Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held--
	waiting := w.waiting
	w.waiting = nil
	return waiting
}

// start has a session written, at once or at the end of what is held.
func (w *writers) start(session *Session) {
	w.mu.Lock()
	if w.held > 0 {
		w.waiting = append(w.waiting, session)
		w.mu.Unlock()
		return
	}
	w.mu.Unlock()
	session.hub.do(session.write)
}
