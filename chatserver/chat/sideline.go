package chat

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

// retryPause is how long the sideline waits after a failed attempt.
const retryPause = 50 * time.Millisecond

// sideline holds the conversations that cannot be stored at present, because
// something else holds their lock or the database is away. One goroutine tries
// them in turn; messages that arrive meanwhile queue up behind, so that a
// conversation keeps its order and the other ones do not wait for it.
type sideline struct {
	appender *appender
	wake     chan struct{}
	done     chan struct{}

	mu     sync.Mutex
	queues map[model.ConversationID][]*pendingSend
	order  []model.ConversationID
}

func newSideline(appender *appender) *sideline {
	s := &sideline{
		appender: appender, wake: make(chan struct{}, 1), done: make(chan struct{}),
		queues: make(map[model.ConversationID][]*pendingSend),
	}
	go s.run()
	return s
}

// add puts the messages of one conversation aside.
func (s *sideline) add(group []*pendingSend) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := group[0].message.Conversation
	if _, aside := s.queues[id]; !aside {
		s.order = append(s.order, id)
	}
	s.queues[id] = append(s.queues[id], group...)
	signal(s.wake)
}

// divert takes the messages of conversations on the sideline out of a group.
func (s *sideline) divert(group []*pendingSend) []*pendingSend {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queues) == 0 {
		return group
	}
	kept := group[:0:0]
	for _, pending := range group {
		if queue, aside := s.queues[pending.message.Conversation]; aside {
			s.queues[pending.message.Conversation] = append(queue, pending)
		} else {
			kept = append(kept, pending)
		}
	}
	return kept
}

func (s *sideline) run() {
	defer close(s.done)
	for range s.wake {
		for {
			id, group, any := s.next()
			if !any {
				break
			}
			left := s.try(group)
			s.putBack(id, left)
			if len(left) > 0 {
				time.Sleep(retryPause)
			}
		}
	}
}

// next takes the oldest messages of the conversation whose turn it is. The
// conversation stays on the sideline until putBack.
func (s *sideline) next() (model.ConversationID, []*pendingSend, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return 0, nil, false
	}
	id := s.order[0]
	queue := s.queues[id]
	n := min(len(queue), maxGroup)
	s.queues[id] = queue[n:]
	return id, queue[:n:n], true
}

// try returns the messages that have to be tried again.
func (s *sideline) try(group []*pendingSend) []*pendingSend {
	group = s.appender.waitedFor(group)
	if len(group) == 0 {
		return nil
	}
	err := s.appender.attempt(group)
	if store.IsRetryable(err) {
		return group
	}
	if err != nil {
		answerAll(group, err)
	}
	return nil
}

// putBack puts what is left in front of what arrived meanwhile and ends the
// conversation's turn.
func (s *sideline) putBack(id model.ConversationID, left []*pendingSend) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = s.order[1:]
	queue := append(left, s.queues[id]...)
	if len(queue) == 0 {
		delete(s.queues, id)
		return
	}
	s.queues[id] = queue
	s.order = append(s.order, id)
}

// close waits until every message on the sideline is answered, which their
// deadlines bound. It is called when the committers have ended.
func (s *sideline) close() {
	close(s.wake)
	<-s.done
}
