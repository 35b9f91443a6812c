package chat

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
)

const (
	// activityInterval is how often it is stored who was active: a user's last
	// activity is known that exactly.
	activityInterval = 30 * time.Second
	// maxActive bounds the users between two times; more wait for the next sign
	// of life.
	maxActive = 10_000
	// recordTimeout bounds the storing of what is collected.
	recordTimeout = 5 * time.Second
)

// activity collects when users were last active. One goroutine stores it.
type activity struct {
	dependencies Dependencies
	stop         chan struct{}
	done         chan struct{}

	mu     sync.Mutex
	active map[model.UserID]time.Time
}

func newActivity(dependencies Dependencies) *activity {
	a := &activity{
		dependencies: dependencies, stop: make(chan struct{}), done: make(chan struct{}),
		active: make(map[model.UserID]time.Time),
	}
	go a.run()
	return a
}

// Touch notes a sign of life of a user; 0 is nobody. It never blocks.
func (c *Chat) Touch(user model.UserID) { c.activity.touch(user) }

func (a *activity) touch(user model.UserID) {
	if user == 0 {
		return
	}
	now := a.dependencies.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.active[user]; known || len(a.active) < maxActive {
		a.active[user] = now
	}
}

func (a *activity) run() {
	defer close(a.done)
	ticker := time.NewTicker(activityInterval)
	defer ticker.Stop()
	for {
		select {
		case <-a.stop:
			a.flush()
			return
		case <-ticker.C:
			a.flush()
		}
	}
}

// flush stores what was collected. What fails is not tried again: the next sign
// of life says more.
func (a *activity) flush() {
	a.mu.Lock()
	active := a.active
	a.active = make(map[model.UserID]time.Time)
	a.mu.Unlock()
	if len(active) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if err := a.dependencies.Store.TouchUsers(ctx, active); err != nil {
		a.dependencies.Logger.Warn("store who was active", "users", len(active), "error", err)
	}
}

// close stores what is left and waits.
func (a *activity) close() {
	close(a.stop)
	<-a.done
}
