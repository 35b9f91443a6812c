package hub

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/keyset"
	"github.com/parley-chat/parley/chatserver/model"
)

// maxQueueBytes bounds what waits for one client to read it.
const maxQueueBytes = 256 * 1024

// Identity is whose session it is and what may end it.
type Identity struct {
	User      model.UserID
	Key       *keyset.Entry // the API key that came with the connection, or nil
	ExpiresAt time.Time     // of the user token, or zero
	// TokenEpoch is the user's when the connection was let in: a later one ends
	// the session.
	TokenEpoch int64
}

// Session is one client's live connection. A goroutine writes only while
// something is queued.
type Session struct {
	hub      *Hub
	identity Identity
	wire     Wire
	conn     Conn
	number   int // counts the sessions of this pod, to spread work over time

	expires atomic.Pointer[time.Time]      // when the user token is over; nil for never
	blocked atomic.Pointer[[]model.UserID] // whom the user blocks, sorted; nil when nobody

	mu       sync.Mutex
	queue    *frameList
	fleeting *frameList // signals, which go first when there is too much
	arriving []arrival  // messages in the queue whose writing is to be told
	ping     bool
	writing  bool
	room     chan struct{} // closed when there may be room again; nil while nobody waits for that
	closing  bool          // nothing more is queued; the writer closes the connection when the queue is empty
	reason   CloseReason

	attachMu  sync.Mutex // one attach or sync at a time
	attached  conversationSet
	listening bool // to the notices of its user
	left      bool // the connection is over
}

// Renew sets when the session's credentials are over; the zero time stands for
// never.
func (s *Session) Renew(expires time.Time) {
	if expires.IsZero() {
		s.expires.Store(nil)
		return
	}
	s.expires.Store(&expires)
}

// Send queues a frame. It reports false when the session is closing, which it is
// too once more than maxQueueBytes wait: the client is slow and must resume.
func (s *Session) Send(frame []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	if s.queue.size()+s.fleeting.size()+len(frame) > maxQueueBytes {
		s.shedLocked()
	}
	if s.queue.size()+len(frame) > maxQueueBytes && !fault(faultUnboundedQueue) {
		s.dropLocked()
		s.endLocked(CloseSlow)
		s.hub.metrics.slow.Inc()
		// The writer may be stuck in the very connection that is slow.
		s.hub.running.Go(func() { s.conn.Close(CloseSlow) })
		return false
	}
	s.queue = s.hub.frameLists.add(s.queue, frame)
	s.writeLocked()
	return true
}

// SendFleeting queues a frame that nobody misses: it is left out when half a
// queue waits already, and given up for one that counts.
func (s *Session) SendFleeting(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	if s.queue.size()+s.fleeting.size()+len(frame) > maxQueueBytes/2 {
		s.hub.metrics.shed.Inc()
		return
	}
	s.fleeting = s.hub.frameLists.add(s.fleeting, frame)
	s.writeLocked()
}

// shedLocked gives up the signals that wait.
func (s *Session) shedLocked() {
	s.hub.metrics.shed.Add(float64(s.fleeting.count()))
	s.fleeting = nil
}

// dropLocked gives up everything that waits.
func (s *Session) dropLocked() {
	s.shedLocked()
	s.queue, s.arriving = nil, nil
}

// sendPaced is Send for one who has much to say at once: it waits while half a
// queue is to be read, so that catching up alone makes no client slow.
func (s *Session) sendPaced(ctx context.Context, frame []byte) error {
	for {
		s.mu.Lock()
		if s.closing || s.queue.size()+len(frame) <= max(len(frame), maxQueueBytes/2) {
			s.mu.Unlock()
			s.Send(frame)
			return nil
		}
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Closing reports whether the session has ended or is about to: nothing that
// its client asks for may be done any more.
func (s *Session) Closing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// Close ends the session after what is queued has been written.
func (s *Session) Close(reason CloseReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endLocked(reason)
}

func (s *Session) endLocked(reason CloseReason) {
	if s.closing {
		return
	}
	s.closing, s.reason = true, reason
	if fault(faultCutQueue) {
		s.dropLocked()
	}
	s.wakeLocked()
	s.writeLocked()
}

// wakeLocked ends the wait of sendPaced.
func (s *Session) wakeLocked() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

func (s *Session) pingNow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.ping = true
		s.writeLocked()
	}
}

// writeLocked starts the writer unless it runs.
func (s *Session) writeLocked() {
	if !s.writing {
		s.writing = true
		s.hub.writers.start(s)
	}
}

// write empties the queue and ends. Frames that gather while it writes leave
// together.
func (s *Session) write() {
	for {
		s.mu.Lock()
		frames, ping, arriving := s.hub.frameLists.join(s.queue, s.fleeting), s.ping, s.arriving
		s.queue, s.fleeting, s.ping, s.arriving = nil, nil, false, nil
		s.wakeLocked()
		if frames.count() == 0 && !ping {
			closing, reason := s.closing, s.reason
			s.writing = false
			s.mu.Unlock()
			if closing {
				s.conn.Close(reason)
			}
			return
		}
		s.mu.Unlock()
		err := s.flush(frames, ping)
		s.hub.frameLists.release(frames)
		if err != nil {
			s.Close(CloseGone)
			continue
		}
		s.arrived(arriving)
	}
}

func (s *Session) flush(list *frameList, ping bool) error {
	if list.count() > 0 {
		if err := s.conn.Write(list.frames); err != nil {
			return err
		}
	}
	if ping {
		return s.conn.Ping()
	}
	return nil
}

// Leave ends the session's part in the hub. The reader of its connection calls
// it once, when the connection is over.
func (s *Session) Leave() {
	s.Close(CloseGone)
	s.attachMu.Lock()
	defer s.attachMu.Unlock()
	s.hub.remove(s)
	for _, id := range s.attached {
		s.hub.shard(id).detach(id, s)
	}
	s.attached, s.left = nil, true
	if s.listening {
		s.hub.subscriptions.release(bus.UserChannel(s.identity.User))
	}
	s.hub.running.Done()
}
