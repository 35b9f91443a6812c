package bustest

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
)

// Recorder is a receiver that keeps what it gets, and what is wrong with how it
// got it. Its methods are safe for concurrent use.
type Recorder struct {
	mu           sync.Mutex
	payloads     map[bus.Channel][]string
	resubscribed map[bus.Channel]int
	inside       map[bus.Channel]bool
	closed       bool
	wrong        []string
}

// NewRecorder makes an empty recorder.
func NewRecorder() *Recorder {
	return &Recorder{
		payloads:     make(map[bus.Channel][]string),
		resubscribed: make(map[bus.Channel]int),
		inside:       make(map[bus.Channel]bool),
	}
}

// Receive keeps the payload.
func (r *Recorder) Receive(channel bus.Channel, payload []byte) {
	r.enter(channel)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.payloads[channel] = append(r.payloads[channel], string(payload))
	r.inside[channel] = false
}

// Resubscribed counts.
func (r *Recorder) Resubscribed(channel bus.Channel) {
	r.enter(channel)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.resubscribed[channel]++
	r.inside[channel] = false
}

func (r *Recorder) enter(channel bus.Channel) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inside[channel] {
		r.wrong = append(r.wrong, fmt.Sprintf("two calls at a time for %s", channel))
	}
	if r.closed {
		r.wrong = append(r.wrong, fmt.Sprintf("a call for %s after Close", channel))
	}
	r.inside[channel] = true
}

// Closed says that from now on every call is wrong.
func (r *Recorder) Closed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// Payloads is what came on a channel so far.
func (r *Recorder) Payloads(channel bus.Channel) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.payloads[channel])
}

// Resubscriptions is how often each channel was said to stand again.
func (r *Recorder) Resubscriptions() map[bus.Channel]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return maps.Clone(r.resubscribed)
}

// Wrong lists the calls that no bus may make.
func (r *Recorder) Wrong() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.wrong)
}
