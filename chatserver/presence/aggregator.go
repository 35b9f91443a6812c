package presence

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

// MaxMarked is how many conversations an Aggregator remembers at a time.
const MaxMarked = 10_000

// Aggregator gathers which conversations changed, so that each is published at
// most once per interval however often it changes. All methods are safe for
// concurrent use.
type Aggregator struct {
	publish func(context.Context, model.ConversationID)

	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	marked map[model.ConversationID]struct{}
}

// NewAggregator calls publish for the marked conversations once in each
// AggregateInterval, one call at a time, with a context that ends with Close,
// which must be called on the aggregator.
func NewAggregator(publish func(context.Context, model.ConversationID)) *Aggregator {
	ticker := time.NewTicker(AggregateInterval)
	return newAggregator(ticker.C, ticker.Stop, publish)
}

func newAggregator(ticks <-chan time.Time, stop func(), publish func(context.Context, model.ConversationID)) *Aggregator {
	ctx, cancel := context.WithCancel(context.Background())
	a := &Aggregator{publish: publish, cancel: cancel, marked: make(map[model.ConversationID]struct{})}
	a.running.Go(func() {
		defer stop()
		a.publishLoop(ctx, ticks)
	})
	return a
}

// Mark has the conversation published at the end of the interval. It reports
// false if too many others wait already; then the change is not published.
func (a *Aggregator) Mark(conversation model.ConversationID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.marked[conversation]; !ok && len(a.marked) >= MaxMarked {
		return false
	}
	a.marked[conversation] = struct{}{}
	return true
}

func (a *Aggregator) publishLoop(ctx context.Context, ticks <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		for conversation := range a.take() {
			if ctx.Err() != nil {
				return
			}
			a.publish(ctx, conversation)
		}
	}
}

func (a *Aggregator) take() map[model.ConversationID]struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	marked := a.marked
	a.marked = make(map[model.ConversationID]struct{})
	return marked
}

// Close drops what waits and waits for a publish that runs. No other follows.
func (a *Aggregator) Close() {
	a.cancel()
	a.running.Wait()
}
