package conversation

import (
	"bytes"
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
)

// link is the way from the bus to one pod. While it is held, what comes waits, so
// that the pod's own changes overtake those of the other pod.
type link struct {
	receiver bus.Receiver

	mu      sync.Mutex
	held    bool
	waiting []bus.Publication
}

// Receive is called by the bus, one payload at a time.
func (l *link) Receive(channel bus.Channel, payload []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held {
		l.waiting = append(l.waiting, bus.Publication{Channel: channel, Payload: bytes.Clone(payload)})
		return
	}
	l.receiver.Receive(channel, payload)
}

// Resubscribed is called by the bus.
func (l *link) Resubscribed(channel bus.Channel) { l.receiver.Resubscribed(channel) }

func (l *link) hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
}

// release delivers what waited, in its order.
func (l *link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = false
	for _, publication := range l.waiting {
		l.receiver.Receive(publication.Channel, publication.Payload)
	}
	l.waiting = nil
}
