package chat

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// commitPace is the least time from the beginning of one commit to that of
	// the next, so that a busy server's sends share them.
	commitPace = 5 * time.Millisecond
	// promptGroup is how many messages need not wait for the pace: with so many,
	// one more makes a commit hardly cheaper for each of them.
	promptGroup = 16
)

// sendQueue holds the messages that wait for their commit and forms them into
// groups. Messages of one conversation are in one group at a time and so keep
// their order. Safe for concurrent use.
type sendQueue struct {
	now   func() time.Time
	turn  chan struct{} // full while somebody waits for the next group
	last  time.Time     // when the last group was formed; of the one whose turn it is
	wake  chan struct{} // a group may be formed, or the queue is closed
	crowd chan struct{} // a group need not wait for the pace

	mu            sync.Mutex
	conversations map[model.ConversationID]*waitingSends
	ready         []model.ConversationID // that are not under way, in the order of their oldest messages
	readyCount    int                    // the messages of these
	closed        bool
}

// waitingSends are the messages of one conversation that wait.
type waitingSends struct {
	sends    []*pendingSend
	underWay bool // others of the conversation are in a group that is not finished
}

func newSendQueue(now func() time.Time) *sendQueue {
	return &sendQueue{
		now: now, turn: make(chan struct{}, 1), wake: make(chan struct{}, 1), crowd: make(chan struct{}, 1),
		conversations: make(map[model.ConversationID]*waitingSends),
	}
}

// add reports false for a queue that is closed.
func (q *sendQueue) add(pending *pendingSend) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	id := pending.message.Conversation
	waiting := q.conversations[id]
	if waiting == nil {
		waiting = &waitingSends{}
		q.conversations[id] = waiting
	}
	waiting.sends = append(waiting.sends, pending)
	if waiting.underWay {
		return true
	}
	if len(waiting.sends) == 1 {
		q.ready = append(q.ready, id)
	}
	q.addReady(1)
	return true
}

// addReady counts messages that a group may take, and tells of them.
func (q *sendQueue) addReady(count int) {
	q.readyCount += count
	signal(q.wake)
	if q.readyCount >= promptGroup {
		signal(q.crowd)
	}
}

// next waits for a group, whose conversations are under way until it is
// finished. It reports false when the queue is closed and empty.
func (q *sendQueue) next() ([]*pendingSend, bool) {
	q.turn <- struct{}{}
	defer func() { <-q.turn }()
	for {
		some, over := q.state()
		switch {
		case over:
			signal(q.wake) // for the others
			return nil, false
		case some:
			q.keepPace()
			q.last = q.now()
			return q.take(), true
		}
		<-q.wake
	}
}

// state reports whether a group may be formed, and whether there is none to come.
func (q *sendQueue) state() (some, over bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.readyCount > 0, q.closed && len(q.conversations) == 0
}

// keepPace waits until the next group may be formed, or has many messages.
func (q *sendQueue) keepPace() {
	rest := commitPace - q.now().Sub(q.last)
	if rest <= 0 || rest > commitPace {
		return
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-q.crowd:
	}
}

// take forms a group of what is ready.
func (q *sendQueue) take() []*pendingSend {
	q.mu.Lock()
	defer q.mu.Unlock()
	group := make([]*pendingSend, 0, min(q.readyCount, maxGroup))
	for len(q.ready) > 0 && len(group) < maxGroup {
		waiting := q.conversations[q.ready[0]]
		q.ready = q.ready[1:]
		q.readyCount -= len(waiting.sends)
		n := min(len(waiting.sends), maxGroup-len(group))
		group = append(group, waiting.sends[:n]...)
		waiting.sends, waiting.underWay = waiting.sends[n:], true
	}
	if q.readyCount < promptGroup {
		select {
		case <-q.crowd:
		default:
		}
	}
	return group
}

// finished lets the messages that waited for the group's conversations go on.
func (q *sendQueue) finished(group []*pendingSend) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, pending := range group {
		id := pending.message.Conversation
		waiting := q.conversations[id]
		switch {
		case waiting == nil || !waiting.underWay: // seen
		case len(waiting.sends) == 0:
			delete(q.conversations, id)
		default:
			waiting.underWay = false
			q.ready = append(q.ready, id)
			q.addReady(len(waiting.sends))
		}
	}
	if q.closed {
		signal(q.wake)
	}
}

// close lets what is waiting be committed and takes nothing more.
func (q *sendQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	signal(q.wake)
}
