package presencetest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Recorder is an announcer that keeps what it is told, as "user 7 online
// offline", "7 entered 9" and "7 left 9". Its methods are safe for concurrent use.
type Recorder struct {
	mu     sync.Mutex
	events []string
	closed bool
	late   []string
}

// PresenceChanged keeps what others see.
func (r *Recorder) PresenceChanged(user model.UserID, change presence.Change) {
	r.add(fmt.Sprint("user ", user, " ", change.Before.Visible(), " ", change.After.Visible()))
}

// Entered keeps the arrival.
func (r *Recorder) Entered(conversation model.ConversationID, user model.UserID) {
	r.add(fmt.Sprint(user, " entered ", conversation))
}

// Left keeps the departure.
func (r *Recorder) Left(conversation model.ConversationID, user model.UserID) {
	r.add(fmt.Sprint(user, " left ", conversation))
}

func (r *Recorder) add(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
	if r.closed {
		r.late = append(r.late, event)
	}
}

// Closed says that from now on every call is wrong.
func (r *Recorder) Closed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// Events lists what was told, sorted.
func (r *Recorder) Events() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(slices.Values(r.events))
}

// Late lists what was told after Closed.
func (r *Recorder) Late() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.late)
}
