// Package memory is the bus within one process: the one of development mode,
// and of tests that need several pods without a Redis.
//
// What may enter: this one engine. What may not: anything that the contract of
// package bus does not ask for.
package memory

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
)

// maxQueue bounds what waits for a slow receiver; beyond it payloads are lost,
// as on any bus, and the receiver is told that it was resubscribed.
const maxQueue = 4096

// Network connects the buses of several pods in one process.
type Network struct {
	mu    sync.RWMutex
	buses map[*Bus]struct{}
}

// NewNetwork makes a network without a pod.
func NewNetwork() *Network { return &Network{buses: make(map[*Bus]struct{})} }

// New makes a network of one pod.
func New(receiver bus.Receiver) *Bus { return NewNetwork().Join(receiver) }

// Bus is one pod's place in the network.
type Bus struct {
	network  *Network
	receiver bus.Receiver
	done     chan struct{}
	wake     chan struct{}

	mu         sync.Mutex
	subscribed map[bus.Channel]struct{}
	queue      []bus.Publication
	lost       map[bus.Channel]struct{}
	closed     bool
}

// Join adds a pod to the network. Close must be called on the bus.
func (n *Network) Join(receiver bus.Receiver) *Bus {
	b := &Bus{
		network: n, receiver: receiver,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
		subscribed: make(map[bus.Channel]struct{}), lost: make(map[bus.Channel]struct{}),
	}
	n.mu.Lock()
	n.buses[b] = struct{}{}
	n.mu.Unlock()
	go b.deliver()
	return b
}

var errClosed = errors.New("the bus is closed")

// Publish queues the publications at every pod that subscribed.
func (b *Bus) Publish(_ context.Context, publications []bus.Publication) error {
	if b.isClosed() {
		return errClosed
	}
	// Delivery comes later, and the payloads are the caller's to use again.
	publications = slices.Clone(publications)
	for i := range publications {
		publications[i].Payload = bytes.Clone(publications[i].Payload)
	}
	b.network.mu.RLock()
	defer b.network.mu.RUnlock()
	for other := range b.network.buses {
		other.enqueue(publications)
	}
	return nil
}

func (b *Bus) enqueue(publications []bus.Publication) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, publication := range publications {
		if _, ok := b.subscribed[publication.Channel]; !ok {
			continue
		}
		if len(b.queue) >= maxQueue {
			b.lost[publication.Channel] = struct{}{}
			continue
		}
		b.queue = append(b.queue, publication)
	}
	b.wakeLocked()
}

func (b *Bus) wakeLocked() {
	if b.closed {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// deliver hands the queue to the receiver, one payload at a time.
func (b *Bus) deliver() {
	defer close(b.done)
	for range b.wake {
		b.mu.Lock()
		queue, lost := b.queue, b.lost
		b.queue, b.lost = nil, make(map[bus.Channel]struct{})
		b.mu.Unlock()
		for _, publication := range queue {
			if b.isClosed() {
				return
			}
			b.receiver.Receive(publication.Channel, publication.Payload)
		}
		for channel := range lost {
			b.receiver.Resubscribed(channel)
		}
	}
}

// Subscribe takes effect at once.
func (b *Bus) Subscribe(_ context.Context, channels []bus.Channel) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errClosed
	}
	for _, channel := range channels {
		b.subscribed[channel] = struct{}{}
	}
	return nil
}

// Unsubscribe takes effect at once; what is queued still arrives.
func (b *Bus) Unsubscribe(channels []bus.Channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, channel := range channels {
		delete(b.subscribed, channel)
	}
}

// Healthy is true until Close.
func (b *Bus) Healthy() bool { return !b.isClosed() }

func (b *Bus) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// Close drops what is queued and waits for the receiver to return.
func (b *Bus) Close() error {
	b.network.mu.Lock()
	delete(b.network.buses, b)
	b.network.mu.Unlock()
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		close(b.wake)
	}
	b.mu.Unlock()
	<-b.done
	return nil
}
