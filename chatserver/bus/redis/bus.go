package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
)

var (
	errClosed       = errors.New("the bus is closed")
	errUnsubscribed = errors.New("the subscription was ended meanwhile")
)

// Bus is this pod's place on the project's bus. All methods are safe for
// concurrent use. After a Publish that failed, what it left on its way may
// arrive after later publications.
type Bus struct {
	options    Options
	names      names
	servers    servers
	settings   *goredis.Options
	pod        string
	publishing *publishing
	deliveries deliveries

	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	running   sync.WaitGroup
	wake      chan struct{}
	lookup    backoff // of the keeper alone
	closeOnce sync.Once
	closeErr  error

	mu            sync.Mutex
	subscriptions map[bus.Channel]*subscription
	nodes         map[string]*node // by address
}

// Open joins the project's bus. A Redis that does not answer is no error: the
// bus is unhealthy and goes on trying. URLs that cannot be read, or are none,
// are an error. Close must be called on the bus.
func Open(ctx context.Context, options Options) (*Bus, error) {
	options = options.withDefaults()
	if options.URLs == nil || options.Project == "" || options.Receiver == nil {
		return nil, errors.New("open the bus: URLs, Project and Receiver are required")
	}
	opened, settings, err := openServers(ctx, options)
	if err != nil {
		return nil, err
	}
	b := &Bus{
		options: options, names: newNames(options.Project),
		servers: opened, settings: settings, pod: rand.Text(),
		publishing: newPublishing(), wake: make(chan struct{}, 1),
		deliveries:    deliveries{receiver: options.Receiver},
		subscriptions: make(map[bus.Channel]*subscription), nodes: make(map[string]*node),
	}
	b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := b.checkPublishing(ctx); err != nil {
		options.Logger.Warn("Redis does not answer; trying again", "error", err)
	}
	b.running.Go(b.keepSubscriptions)
	b.running.Go(b.watchPublishing)
	return b, nil
}

// Healthy reports whether every wanted subscription stands on a connection that
// answers, and the latest publication to each channel that was tried went out.
func (b *Bus) Healthy() bool {
	if b.ctx.Err() != nil || b.publishing.isFailing() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, subscription := range b.subscriptions {
		if !subscription.standing || subscription.link.overdue.Load() {
			return false
		}
	}
	return true
}

// Close ends all subscriptions and waits for the bus's goroutines. It must not
// be called from a Receiver method. Closing again gives the same result.
func (b *Bus) Close() error {
	b.closeOnce.Do(func() {
		b.cancel()
		b.running.Wait()
		if err := b.servers.Close(); err != nil {
			b.closeErr = fmt.Errorf("close the connections to Redis: %w", err)
		}
	})
	return b.closeErr
}
