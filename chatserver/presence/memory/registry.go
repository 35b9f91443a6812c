package memory

import (
	"context"
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Registry is one pod's part in the network. All methods are safe for
// concurrent use.
type Registry struct {
	network   *Network
	announcer presence.Announcer

	cancel  context.CancelFunc
	running sync.WaitGroup
}

var _ presence.Registry = (*Registry)(nil)

// Join adds a pod to the network. Close must be called on the registry.
func (n *Network) Join(announcer presence.Announcer) *Registry {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Registry{network: n, announcer: announcer, cancel: cancel}
	n.mu.Lock()
	n.beats[r] = n.options.Now()
	n.mu.Unlock()
	r.running.Go(func() { r.beatLoop(ctx) })
	return r
}

func (r *Registry) beatLoop(ctx context.Context) {
	ticker := time.NewTicker(r.network.options.Refresh)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, one := range r.network.beat(r) {
			if one.conversation != 0 {
				r.announcer.Left(one.conversation, one.user)
			} else if one.change.Visible() {
				r.announcer.PresenceChanged(one.user, one.change)
			}
		}
	}
}

// Close leaves what the pod holds to expire, and waits for its goroutine.
func (r *Registry) Close() error {
	r.cancel()
	r.running.Wait()
	return nil
}

// Connect implements presence.Registry.
func (r *Registry) Connect(_ context.Context, user model.UserID, status presence.Status) (presence.Change, error) {
	if status != "" {
		if err := status.Check("status"); err != nil {
			return presence.Change{}, err
		}
	}
	return r.change(user, func() {
		r.network.enter(r, 0, user)
		r.network.choose(user, status)
	}), nil
}

// Disconnect implements presence.Registry.
func (r *Registry) Disconnect(_ context.Context, user model.UserID) presence.Change {
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	return r.network.disconnect(r, user, 1)
}

// SetStatus implements presence.Registry.
func (r *Registry) SetStatus(_ context.Context, user model.UserID, status presence.Status) (presence.Change, error) {
	if err := status.Check("status"); err != nil {
		return presence.Change{}, err
	}
	return r.change(user, func() { r.network.choose(user, status) }), nil
}

func (r *Registry) change(user model.UserID, do func()) presence.Change {
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	before := r.network.presence(user)
	do()
	return presence.Change{Before: before, After: r.network.presence(user)}
}

// Statuses implements presence.Registry.
func (r *Registry) Statuses(_ context.Context, users []model.UserID) map[model.UserID]presence.Presence {
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	statuses := make(map[model.UserID]presence.Presence, len(users))
	for _, user := range users {
		statuses[user] = r.network.presence(user)
	}
	return statuses
}

// Enter implements presence.Registry.
func (r *Registry) Enter(_ context.Context, conversation model.ConversationID, user model.UserID) bool {
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	return r.network.enter(r, conversation, user)
}

// Leave implements presence.Registry.
func (r *Registry) Leave(_ context.Context, conversation model.ConversationID, user model.UserID) bool {
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	return r.network.leave(r, conversation, user, 1)
}

// Present implements presence.Registry.
func (r *Registry) Present(_ context.Context, conversation model.ConversationID, limit int) presence.Present {
	limit = min(max(limit, 0), presence.MaxSample)
	r.network.mu.Lock()
	defer r.network.mu.Unlock()
	users := r.network.rooms[conversation]
	present := presence.Present{Count: len(users)}
	for user := range users {
		if len(present.Users) == limit {
			break
		}
		present.Users = append(present.Users, user)
	}
	return present
}
