package hub

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
)

// subscribeTimeout bounds how long an attach waits for the bus. Without the bus
// the sweep delivers.
const subscribeTimeout = time.Second

// subscriptions counts who needs which channel of the bus. A channel that
// nobody needs any more is given up by the next sweep, not at once, so that a
// reconnecting session finds it standing.
type subscriptions struct {
	subscriber Subscriber

	mu       sync.Mutex
	channels map[bus.Channel]*subscription
}

type subscription struct {
	users     int
	confirmed bool
}

func newSubscriptions(subscriber Subscriber) *subscriptions {
	return &subscriptions{subscriber: subscriber, channels: make(map[bus.Channel]*subscription)}
}

// acquire returns when the channels are confirmed, or cannot be for now.
func (s *subscriptions) acquire(ctx context.Context, channels []bus.Channel) error {
	var missing []bus.Channel
	s.mu.Lock()
	for _, channel := range channels {
		entry, ok := s.channels[channel]
		if !ok {
			entry = new(subscription)
			s.channels[channel] = entry
		}
		entry.users++
		if !entry.confirmed {
			missing = append(missing, channel)
		}
	}
	s.mu.Unlock()
	if len(missing) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, subscribeTimeout)
	defer cancel()
	if err := s.subscriber.Subscribe(ctx, missing); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, channel := range missing {
		if entry, ok := s.channels[channel]; ok {
			entry.confirmed = true
		}
	}
	return nil
}

func (s *subscriptions) release(channel bus.Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry, ok := s.channels[channel]; ok {
		entry.users--
	}
}

// drop gives up the channels that nobody needs.
func (s *subscriptions) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var unused []bus.Channel
	for channel, entry := range s.channels {
		if entry.users == 0 {
			unused = append(unused, channel)
			delete(s.channels, channel)
		}
	}
	if len(unused) > 0 {
		// Under the lock, so that an acquire of the same channel comes after it.
		s.subscriber.Unsubscribe(unused)
	}
}
