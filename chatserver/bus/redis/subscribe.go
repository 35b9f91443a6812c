package redis

import (
	"context"
	"fmt"

	"github.com/parley-chat/parley/chatserver/bus"
)

// subscription is one channel that this pod wants.
type subscription struct {
	backoff

	link     *link         // the connection that it was given to, or nil
	standing bool          // the server confirmed it on that connection
	missed   bool          // the receiver has to be told once it stands
	settled  chan struct{} // closed when it stands or is ended
	ended    bool
}

// Subscribe waits until Redis confirmed every channel. A context that ends
// first, or Close, is an error; after the former the bus goes on trying.
func (b *Bus) Subscribe(ctx context.Context, channels []bus.Channel) error {
	if b.ctx.Err() != nil {
		return errClosed
	}
	wanted := b.want(channels)
	if fault(faultSkipConfirmation) {
		return nil
	}
	for i, channel := range channels {
		if err := b.await(ctx, wanted[i]); err != nil {
			b.giveUp(channels)
			return fmt.Errorf("subscribe to %s: %w", channel, err)
		}
	}
	return nil
}

func (b *Bus) want(channels []bus.Channel) []*subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	wanted := make([]*subscription, len(channels))
	for i, channel := range channels {
		if b.subscriptions[channel] == nil {
			b.subscriptions[channel] = &subscription{settled: make(chan struct{})}
		}
		wanted[i] = b.subscriptions[channel]
	}
	b.wakeKeeper()
	return wanted
}

// await returns once the subscription stood at some moment since the call.
func (b *Bus) await(ctx context.Context, wanted *subscription) error {
	b.mu.Lock()
	settled := wanted.settled
	b.mu.Unlock()
	select {
	case <-settled:
	default:
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		case <-b.ctx.Done():
			return errClosed
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if wanted.ended {
		return errUnsubscribed
	}
	return nil
}

// giveUp has the receiver told about every channel of a caller who left with an
// error, and so cannot know which of them stand.
func (b *Bus) giveUp(channels []bus.Channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, channel := range channels {
		if one := b.subscriptions[channel]; one != nil {
			one.missed = true
		}
	}
	b.wakeKeeper()
}

// tellMissed tells the receiver what stood before its caller left.
func (b *Bus) tellMissed() {
	var channels []bus.Channel
	b.mu.Lock()
	for channel, one := range b.subscriptions {
		if one.standing && one.missed {
			one.missed = false
			channels = append(channels, channel)
		}
	}
	b.mu.Unlock()
	for _, channel := range channels {
		if b.ctx.Err() != nil {
			return
		}
		b.deliveries.resubscribed(channel)
	}
}

// Unsubscribe does not wait for Redis.
func (b *Bus) Unsubscribe(channels []bus.Channel) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, channel := range channels {
		ending := b.subscriptions[channel]
		if ending == nil {
			continue
		}
		delete(b.subscriptions, channel)
		if ending.link != nil {
			ending.link.ask(unsubscribe, b.names.of(channel))
		}
		ending.ended = true
		if !ending.standing {
			close(ending.settled)
		}
	}
}
