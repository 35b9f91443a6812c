package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/store"
)

const (
	// deliveredPause is how long deliveries gather before they are stored.
	deliveredPause = time.Second
	// maxDelivered bounds the deliveries that gather. Beyond it they are passed
	// over: the next one of the same member tells as much.
	maxDelivered = 5000
	// deliveredTimeout bounds one storing of deliveries.
	deliveredTimeout = 5 * time.Second
)

// memberKey names a member of a conversation.
type memberKey struct {
	conversation model.ConversationID
	user         model.UserID
}

// deliveries gathers up to where messages reached the clients of this pod. One
// goroutine stores what has gathered, in one call.
type deliveries struct {
	chat *Chat
	wake chan struct{}
	stop chan struct{}
	done chan struct{}

	mu       sync.Mutex
	gathered map[memberKey]int64 // the highest seq
	closed   bool
}

func newDeliveries(chat *Chat) *deliveries {
	d := &deliveries{
		chat: chat, wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		gathered: make(map[memberKey]int64),
	}
	go d.run()
	return d
}

// Delivered notes that messages up to seq were written to a client of the user.
// It never blocks and may be called at any time; the mark moves within seconds,
// unless the conversation has more than ReceiptMembers members.
func (c *Chat) Delivered(conversation model.ConversationID, user model.UserID, seq int64) {
	c.deliveries.add(memberKey{conversation, user}, seq)
}

func (d *deliveries) add(key memberKey, seq int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return
	}
	d.gatherLocked(key, seq)
	signal(d.wake)
}

func (d *deliveries) gatherLocked(key memberKey, seq int64) {
	known, gathered := d.gathered[key]
	if !gathered && len(d.gathered) >= maxDelivered {
		d.chat.Metrics.deliveredDropped.Inc()
		return
	}
	d.gathered[key] = max(known, seq)
}

// run stores what gathered, a pause after the first delivery of a batch.
func (d *deliveries) run() {
	defer close(d.done)
	for {
		select {
		case <-d.wake:
		case <-d.stop:
			d.flush()
			return
		}
		select {
		case <-time.After(deliveredPause):
		case <-d.stop:
		}
		d.flush()
	}
}

// flush keeps for the next time what a store in trouble did not take.
func (d *deliveries) flush() {
	marks := d.take()
	if len(marks) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), deliveredTimeout)
	defer cancel()
	moved, err := d.chat.Store.MarkDelivered(ctx, marks, d.chat.Limits.ReceiptMembers)
	if err != nil {
		d.chat.Logger.Warn("store what was delivered", "marks", len(marks), "error", err)
		if store.IsRetryable(err) || errors.Is(err, context.DeadlineExceeded) {
			d.putBack(marks)
		}
		return
	}
	d.chat.announceDelivered(moved)
}

func (d *deliveries) take() []store.DeliveredMark {
	d.mu.Lock()
	defer d.mu.Unlock()
	marks := make([]store.DeliveredMark, 0, len(d.gathered))
	for key, seq := range d.gathered {
		marks = append(marks, store.DeliveredMark{Conversation: key.conversation, User: key.user, Seq: seq})
	}
	clear(d.gathered)
	return marks
}

func (d *deliveries) putBack(marks []store.DeliveredMark) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, mark := range marks {
		d.gatherLocked(memberKey{mark.Conversation, mark.User}, mark.Seq)
	}
	signal(d.wake)
}

// close stores what has gathered and waits. What comes later is passed over.
func (d *deliveries) close() {
	d.mu.Lock()
	if !d.closed {
		d.closed = true
		close(d.stop)
	}
	d.mu.Unlock()
	<-d.done
}
