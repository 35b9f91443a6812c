package history

import (
	"math"
	"sync"
)

// Session is the history of one client over all its connections. One goroutine
// calls its methods, in the order of what the client read; Rev may be called by
// any.
type Session struct {
	recorder *Recorder
	name     string

	mu         sync.Mutex
	followings map[int64]*following
	connection int
	deliveries int
	again      int
	resets     int
	findings   findings
}

// Connected records a new connection: what was in flight on the old one is
// gone, and the order of events begins anew.
func (s *Session) Connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connection++
}

// Follows records a conversation's rev from hello or from the answer to a sync or
// an attach. The first one, and the first one after Left, is where the session
// begins: what comes after rev is owed to it. Any other forgives nothing. Said
// again on a connection it stands for another sync there. A client whose
// attachment ended with its connection says Left before it attaches again.
func (s *Session) Follows(conversation, rev int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begin(conversation, rev)
}

func (s *Session) begin(conversation, rev int64) *following {
	f := s.followings[conversation]
	if f == nil {
		f = &following{conversation: s.recorder.conversation(conversation), end: math.MaxInt64}
		f.forgive(0, rev)
		s.followings[conversation] = f
	}
	if f.ended() {
		f.forgive(f.end+1, rev)
		f.end = math.MaxInt64
	}
	f.synced(s.connection)
	return f
}

// Delivered records one durable event. An event of a conversation that the
// session was never said to follow is the first that it is owed there.
func (s *Session) Delivered(event Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.followings[event.Conversation]
	if f == nil {
		f = s.begin(event.Conversation, event.Rev-1)
	}
	about := event.object()
	if f.connection != s.connection {
		f.synced(s.connection)
	}
	s.checkOrder(f, &event, about)
	if event.Message.whole() && event.Message.Seq <= f.floor {
		s.findings.add(Unseen, event.Conversation, s.name, "rev %d tells of message %d with seq %d, and its user sees none up to seq %d",
			event.Rev, event.Message.ID, event.Message.Seq, f.floor)
	}
	f.conversation.hear(&event, about, s.name)
	if !f.take(&event, about, s.connection) {
		s.again++
	}
	s.deliveries++
}

func (s *Session) checkOrder(f *following, event *Event, about object) {
	if !f.rises(event.Rev, about) {
		s.findings.add(Order, event.Conversation, s.name, "rev %d of %v comes after rev %d on connection %d",
			event.Rev, about, f.top, s.connection)
	}
	if event.Kind == Created && event.Rev != event.Message.CreatedRev {
		s.findings.add(Order, event.Conversation, s.name, "rev %d brings %v as created, which was born at rev %d",
			event.Rev, about, event.Message.CreatedRev)
	}
	if known := f.latest[about]; known.rev > event.state() && known.connection == s.connection && !f.resynced() {
		s.findings.add(Edit, event.Conversation, s.name, "%v goes back from rev %d to rev %d on connection %d",
			about, known.rev, event.state(), s.connection)
	}
}

// Reset records an explicit reset: the client reads the history anew, and
// everything up to rev is forgiven.
func (s *Session) Reset(conversation, rev int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resets++
	f := s.followings[conversation]
	if f == nil {
		f = s.begin(conversation, rev)
	}
	f.forgive(0, rev)
}

// Left records that the session's user is removed or the conversation is gone:
// nothing is owed beyond what came, until the session is said to follow it again.
func (s *Session) Left(conversation int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.followings[conversation]; f != nil && !f.ended() {
		f.end = f.reached
	}
}

// Sees records that the session's user sees no message up to the seq floor. From
// then on the session must not hear of one, and nothing of them is owed to it,
// of what was before neither.
func (s *Session) Sees(conversation, floor int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.followings[conversation]; f != nil {
		f.floor = floor
	}
}

// Rev returns the highest rev that the session has heard of in a conversation, 0
// for none. Where events are folded one may carry a later state than those that
// are still to come: HasAll tells when all is there.
func (s *Session) Rev(conversation int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.followings[conversation]; f != nil {
		return f.top
	}
	return 0
}

func (s *Session) count(total *Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	total.Deliveries += s.deliveries
	total.Again += s.again
	total.Resets += s.resets
}
