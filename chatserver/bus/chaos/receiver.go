package chaos

import (
	"bytes"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
)

// Receiver stands between a bus and its receiver and mistreats the payloads as
// planned. It hands over one call at a time, as a bus does.
type Receiver struct {
	plan   Plan
	target bus.Receiver

	mu      sync.Mutex
	random  *rand.Rand
	held    map[bus.Channel][]byte // waits for the next payload of its channel
	timers  map[*time.Timer]struct{}
	running sync.WaitGroup // the late ones
	closed  bool
}

// NewReceiver makes one for a target. Close must be called on it once the bus is
// closed.
func NewReceiver(plan Plan, target bus.Receiver) *Receiver {
	return &Receiver{
		plan: plan, target: target, random: rand.New(rand.NewPCG(plan.Seed, 0)),
		held: make(map[bus.Channel][]byte), timers: make(map[*time.Timer]struct{}),
	}
}

// Receive is told of a payload that the bus brought.
func (r *Receiver) Receive(channel bus.Channel, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isMute() || r.happens(r.plan.Drop) {
		return
	}
	earlier, holds := r.held[channel]
	if !holds && r.happens(r.plan.Reorder) {
		r.held[channel] = bytes.Clone(payload)
	} else {
		r.pass(channel, payload)
		delete(r.held, channel)
	}
	if holds {
		r.pass(channel, earlier)
	}
}

// Resubscribed is passed on as it comes.
func (r *Receiver) Resubscribed(channel bus.Channel) { r.target.Resubscribed(channel) }

func (r *Receiver) isMute() bool {
	if r.plan.Mute == "" {
		return false
	}
	_, err := os.Stat(r.plan.Mute)
	return err == nil
}

func (r *Receiver) happens(share float64) bool { return share > 0 && r.random.Float64() < share }

// pass hands a payload over, now or late, once or twice.
func (r *Receiver) pass(channel bus.Channel, payload []byte) {
	times := 1
	if r.happens(r.plan.Double) {
		times = 2
	}
	for range times {
		if r.plan.Delay > 0 {
			r.later(channel, bytes.Clone(payload), time.Duration(r.random.Int64N(int64(r.plan.Delay))))
			continue
		}
		r.target.Receive(channel, payload)
	}
}

func (r *Receiver) later(channel bus.Channel, payload []byte, delay time.Duration) {
	if r.closed {
		return
	}
	r.running.Add(1)
	var timer *time.Timer
	timer = time.AfterFunc(delay, func() {
		defer r.running.Done()
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.timers, timer)
		if !r.closed {
			r.target.Receive(channel, payload)
		}
	})
	r.timers[timer] = struct{}{}
}

// Close drops what is late and waits for what is being handed over.
func (r *Receiver) Close() {
	r.mu.Lock()
	r.closed = true
	for timer := range r.timers {
		if timer.Stop() {
			r.running.Done()
		}
	}
	r.mu.Unlock()
	r.running.Wait()
}
