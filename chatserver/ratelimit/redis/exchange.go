package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/ratelimit"
)

const (
	// interval lies between two exchanges: how late a pod learns what the
	// others granted.
	interval = 200 * time.Millisecond
	// ticksToRetry is how many intervals pass between attempts while Redis does
	// not answer.
	ticksToRetry = 10
	// timeout bounds one exchange.
	timeout = time.Second
	// batch is how many keys go to Redis in one pipeline.
	batch = 1000
	// margin is how much longer than a bucket takes to fill a counter is kept,
	// so that no pod that still uses a key finds it gone.
	margin = 10 * time.Second
)

// Options are what an exchange is made of.
type Options struct {
	Local   *ratelimit.Local
	Client  goredis.UniversalClient // stays open; its owner closes it after the exchange
	Project string                  // the UID: counters of projects never meet
	Logger  *slog.Logger
}

// Exchange tells the other pods what this one granted, and this one what the
// others did.
type Exchange struct {
	options Options
	totals  map[ratelimit.Key]int64 // the counters as they were read last
	failing bool

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start begins to exchange, until Close.
func Start(options Options) *Exchange {
	e := newExchange(options)
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	e.running.Go(func() { e.run(ctx) })
	return e
}

func newExchange(options Options) *Exchange {
	return &Exchange{options: options, totals: make(map[ratelimit.Key]int64)}
}

// Close ends the exchange and waits for it.
func (e *Exchange) Close() {
	e.cancel()
	e.running.Wait()
}

func (e *Exchange) run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	pause := 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if pause > 0 {
			pause--
			// Not told now is not told at all.
			e.options.Local.Grants()
			continue
		}
		err := e.step(ctx)
		if ctx.Err() != nil {
			return
		}
		if e.report(err); err != nil {
			pause = ticksToRetry
		}
	}
}

// report logs the beginning and the end of an outage, not each failure in it.
func (e *Exchange) report(err error) {
	switch failing := err != nil; {
	case failing && !e.failing:
		e.options.Logger.Warn("exchange rates with the other pods; each pod holds the limits for itself meanwhile", "error", err)
	case !failing && e.failing:
		e.options.Logger.Info("rates are exchanged with the other pods again")
	}
	e.failing = err != nil
}

// step does one exchange.
func (e *Exchange) step(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	grants := e.options.Local.Grants()
	known := make(map[ratelimit.Key]int64, len(grants))
	var errs []error
	for len(grants) > 0 {
		n := min(batch, len(grants))
		errs = append(errs, e.exchange(ctx, grants[:n], known))
		grants = grants[n:]
	}
	// Keys that are at rest, or whose counter was not read, begin anew.
	e.totals = known
	return errors.Join(errs...)
}

// exchange adds the grants to their counters and charges what others added.
func (e *Exchange) exchange(ctx context.Context, grants []ratelimit.Grant, known map[ratelimit.Key]int64) error {
	sums := make([]*goredis.IntCmd, len(grants))
	_, err := e.options.Client.Pipelined(ctx, func(pipeline goredis.Pipeliner) error {
		for i, grant := range grants {
			name := e.name(grant.Key)
			sums[i] = pipeline.IncrBy(ctx, name, grant.Count)
			pipeline.PExpire(ctx, name, grant.Life+margin)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("exchange rates: %w", err)
	}
	for i, grant := range grants {
		sum := sums[i].Val()
		known[grant.Key] = sum
		if before, ok := e.totals[grant.Key]; ok {
			e.options.Local.Charge(grant.Key, others(before, grant.Count, sum))
		}
	}
	return nil
}

// others is what other pods added to a counter since it was before, when this
// one added own.
func others(before, own, sum int64) int64 {
	if sum < before+own {
		// The counter is a new one: Redis lost or expired the old.
		return sum - own
	}
	return sum - before - own
}

// name is the key of a counter. The part in braces decides the slot: the
// counters of a project share one, so that a pipeline goes to one node.
func (e *Exchange) name(key ratelimit.Key) string {
	return fmt.Sprintf("parley:{%s}:rate:%s:%s", e.options.Project, key.Limit, key.Subject)
}
