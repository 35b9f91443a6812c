package redis

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

var (
	errMoved   = errors.New("a channel has moved to another server")
	errReplace = errors.New("the connection is over")
)

// The kinds of request, and of their answers.
const (
	subscribe   = "ssubscribe"
	unsubscribe = "sunsubscribe"
)

// request is one command on a connection; its names leave as they are answered.
type request struct {
	kind  string
	names []string
}

// link is one connection that carries subscriptions. It lives until its first
// error; the bus then builds another one.
type link struct {
	bus     *Bus
	address string
	probe   string
	made    time.Time
	client  *goredis.Client
	pubsub  *goredis.PubSub
	heard   atomic.Int64 // when anything arrived, in Unix nanoseconds
	overdue atomic.Bool  // whether an answer takes longer than one may
	wake    chan struct{}
	over    chan struct{} // closed by the first failure

	mu      sync.Mutex
	failure error
	waiting []request      // not sent yet
	sent    []request      // not answered yet, in order
	due     map[string]int // answers that are still to come, by name
}

func (b *Bus) newLink(address, probe string) *link {
	client := goredis.NewClient(b.linkSettings(address))
	l := &link{
		bus: b, address: address, probe: probe, made: time.Now(),
		client: client, pubsub: client.SSubscribe(b.ctx),
		wake: make(chan struct{}, 1), over: make(chan struct{}),
		due: make(map[string]int),
	}
	l.ask(subscribe, probe)
	return l
}

// dialOnce keeps go-redis from replacing a connection behind our back.
func dialOnce(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	var dialled atomic.Bool
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if dialled.Swap(true) {
			return nil, errReplace
		}
		return dial(ctx, network, address)
	}
}

// ask queues a request. It does not block.
func (l *link) ask(kind, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due[name]++
	last := len(l.waiting) - 1
	if last >= 0 && l.waiting[last].kind == kind && l.bus.servers.manySlots() {
		l.waiting[last].names = append(l.waiting[last].names, name)
	} else {
		l.waiting = append(l.waiting, request{kind: kind, names: []string{name}})
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// fail ends the connection; the first reason counts.
func (l *link) fail(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failure == nil {
		l.failure = reason
		close(l.over)
	}
}

// run writes the requests and watches the silence, until the connection fails.
// It is the one goroutine that owns the connection and its reader.
func (l *link) run() {
	defer l.bus.linkEnded(l)
	reader := make(chan struct{})
	if l.write() {
		l.heard.Store(time.Now().UnixNano())
		go func() {
			defer close(reader)
			l.read()
		}()
	} else {
		close(reader)
	}
	l.serve()
	// Both only release what is gone or unwanted by now.
	_ = l.pubsub.Close()
	_ = l.client.Close()
	<-reader
	if l.bus.ctx.Err() == nil {
		l.bus.options.Logger.Warn("a connection with subscriptions ended; building a new one",
			"address", l.address, "error", l.failure)
	}
}

func (l *link) serve() {
	watch := newWatch(l)
	ticker := time.NewTicker(watch.interval())
	defer ticker.Stop()
	for {
		select {
		case <-l.over:
			return
		case <-l.bus.ctx.Done():
			return
		case <-l.wake:
			l.write()
		case <-ticker.C:
			watch.check(time.Now())
		}
	}
}

// write sends what waits. It reports whether the connection still stands.
func (l *link) write() bool {
	l.mu.Lock()
	requests := l.waiting
	l.waiting = nil
	// Before they are written: the answer may be faster than this goroutine.
	for _, one := range requests {
		l.sent = append(l.sent, request{kind: one.kind, names: one.names})
	}
	l.mu.Unlock()
	for _, one := range requests {
		send := l.pubsub.SSubscribe
		if one.kind == unsubscribe {
			send = l.pubsub.SUnsubscribe
		}
		if err := send(l.bus.ctx, one.names...); err != nil {
			l.fail(err)
			return false
		}
	}
	return true
}
