package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
)

// checkInterval is the pause between questions to a server that did not take a
// publication.
const checkInterval = 500 * time.Millisecond

// publishing knows the channels whose latest publication did not go out. At the
// start that is every channel: nothing has gone out yet.
type publishing struct {
	mu      sync.Mutex
	count   uint64
	failing map[bus.Channel]uint64 // when it failed, in counts
}

func newPublishing() *publishing {
	p := &publishing{failing: make(map[bus.Channel]uint64)}
	for _, channel := range allChannels() {
		p.failing[channel] = 0
	}
	return p
}

// failed notes failures, unless it was the caller who gave up.
func (p *publishing) failed(caller context.Context, channels []bus.Channel) {
	if errors.Is(caller.Err(), context.Canceled) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	for _, channel := range channels {
		p.failing[channel] = p.count
	}
}

func (p *publishing) worked(channels []bus.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.failing) == 0 {
		return
	}
	for _, channel := range channels {
		delete(p.failing, channel)
	}
}

func (p *publishing) isFailing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failing) > 0
}

func (p *publishing) snapshot() map[bus.Channel]uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.failing)
}

// answered clears a failure unless a newer one took its place.
func (p *publishing) answered(channel bus.Channel, count uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failing[channel] == count {
		delete(p.failing, channel)
	}
}

// watchPublishing asks the servers of failing channels until they answer.
func (b *Bus) watchPublishing() {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-ticker.C:
			if err := b.checkPublishing(b.ctx); err != nil && b.ctx.Err() == nil {
				b.options.Logger.Debug("Redis does not answer", "error", err)
			}
		}
	}
}

func (b *Bus) ping(ctx context.Context, client *goredis.Client) error {
	ctx, cancel := context.WithTimeout(ctx, b.options.Timeout)
	defer cancel()
	if err := client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping %s: %w", client.Options().Addr, err)
	}
	return nil
}

// checkPublishing asks each server of a failing channel once.
func (b *Bus) checkPublishing(ctx context.Context) error {
	failing := b.publishing.snapshot()
	if len(failing) == 0 {
		return nil
	}
	answers := make(map[*goredis.Client]error)
	var failure error
	for channel, count := range failing {
		client, err := b.servers.owner(ctx, b.names.of(channel))
		if err != nil {
			return err
		}
		answer, asked := answers[client]
		if !asked {
			answer = b.ping(ctx, client)
			answers[client] = answer
		}
		if answer == nil {
			b.publishing.answered(channel, count)
			continue
		}
		failure = answer
	}
	if failure != nil {
		b.servers.reload(b.ctx)
	}
	return failure
}
