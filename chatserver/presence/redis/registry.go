package redis

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Registry is this pod's part in the project's presence. All methods are safe
// for concurrent use.
type Registry struct {
	options    Options
	commands   commands
	partitions map[bus.Channel]*partition
	failing    atomic.Int64 // how many partitions are

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup
}

var _ presence.Registry = (*Registry)(nil)

// Open joins the project's presence. A Redis that does not answer is no error.
// Close must be called on the registry.
func Open(ctx context.Context, options Options) (*Registry, error) {
	options = options.withDefaults()
	if err := options.check(); err != nil {
		return nil, err
	}
	r := &Registry{
		options: options,
		commands: commands{
			keys:   keys{project: options.Project, pod: strconv.FormatUint(options.Pod, 36)},
			client: options.Client, expiry: options.Expiry,
		},
		partitions: make(map[bus.Channel]*partition),
	}
	for _, family := range []bus.Family{bus.Conversations, bus.Users} {
		for number := range bus.Partitions {
			channel := bus.Channel{Family: family, Partition: uint8(number)}
			r.partitions[channel] = &partition{channel: channel, held: make(map[place]*holding)}
		}
	}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.running.Go(r.refreshLoop)
	return r, nil
}

// Close leaves what the pod holds to expire, and waits for the registry's
// goroutines. It does not close the client.
func (r *Registry) Close() error {
	r.cancel()
	r.running.Wait()
	return nil
}

// Healthy reports whether Redis answers for all that was asked of it lately.
func (r *Registry) Healthy() bool { return r.failing.Load() == 0 }

func (r *Registry) partition(at place) *partition { return r.partitions[at.channel()] }

// Connect implements presence.Registry.
func (r *Registry) Connect(ctx context.Context, user model.UserID, status presence.Status) (presence.Change, error) {
	if status != "" {
		if err := status.Check("status"); err != nil {
			return presence.Change{}, err
		}
	}
	return r.enter(ctx, place{user: user}, status), nil
}

// Disconnect implements presence.Registry.
func (r *Registry) Disconnect(ctx context.Context, user model.UserID) presence.Change {
	return r.leave(ctx, place{user: user})
}

// Enter implements presence.Registry.
func (r *Registry) Enter(ctx context.Context, conversation model.ConversationID, user model.UserID) bool {
	change := r.enter(ctx, place{conversation, user}, "")
	return change.After.Live && !change.Before.Live
}

// Leave implements presence.Registry.
func (r *Registry) Leave(ctx context.Context, conversation model.ConversationID, user model.UserID) bool {
	change := r.leave(ctx, place{conversation, user})
	return change.Before.Live && !change.After.Live
}

// enter counts a session. Of those in a conversation only the first one reaches
// Redis; one of a user does always, because only Redis knows what was chosen
// elsewhere.
func (r *Registry) enter(ctx context.Context, at place, status presence.Status) (change presence.Change) {
	p := r.partition(at)
	count := func() (first bool) {
		h := p.hold(at)
		change = h.change(func() {
			h.sessions++
			h.choose(status)
		})
		return h.sessions == 1
	}
	p.change(func() { count() }, func() {
		var first bool
		p.locked(func() { first = count() })
		if !first && at.conversation != 0 {
			return
		}
		got, err := r.commands.enter(ctx, at, status, replace)
		if err != nil {
			r.failed(p, err)
			return
		}
		change = got
		p.locked(func() { p.hold(at).tell(status, got) })
	})
	return change
}

// leave counts a session less. Only the last one in a place reaches Redis.
func (r *Registry) leave(ctx context.Context, at place) (change presence.Change) {
	p := r.partition(at)
	count := func() (last bool) {
		h := p.held[at]
		if h == nil || h.sessions == 0 {
			return false
		}
		change = h.change(func() { h.sessions-- })
		return h.sessions == 0
	}
	p.change(func() { count() }, func() {
		var last bool
		p.locked(func() { last = count() })
		if !last {
			return
		}
		got, err := r.commands.leave(ctx, at, r.commands.pod, false)
		if err != nil {
			r.failed(p, err)
			return
		}
		change = got
		p.locked(func() { p.drop(at, "") })
	})
	return change
}

// SetStatus implements presence.Registry.
func (r *Registry) SetStatus(ctx context.Context, user model.UserID, status presence.Status) (change presence.Change, err error) {
	if err := status.Check("status"); err != nil {
		return presence.Change{}, err
	}
	at := place{user: user}
	p := r.partition(at)
	choose := func() {
		h := p.hold(at)
		change = h.change(func() { h.choose(status) })
	}
	p.change(choose, func() {
		got, err := r.commands.choose(ctx, at, status)
		if err != nil {
			p.locked(choose)
			r.failed(p, err)
			return
		}
		change = got
		p.locked(func() {
			if h := p.held[at]; h != nil && !h.untold {
				h.chosen = status
			}
		})
	})
	return change, nil
}

// failed has the partition answer from what this pod knows.
func (r *Registry) failed(p *partition, err error) {
	var first bool
	p.locked(func() {
		p.steady = 0
		first, p.failing = !p.failing, true
	})
	if first && r.failing.Add(1) == 1 {
		r.options.Logger.Warn("Redis does not answer for presence; going on with what this pod knows", "error", err)
	}
}

// recovered has the partition ask Redis again.
func (r *Registry) recovered(p *partition) (was bool) {
	p.locked(func() {
		p.steady++
		p.known = true
		was, p.failing = p.failing, false
	})
	if was && r.failing.Add(-1) == 0 {
		r.options.Logger.Info("Redis answers for presence again")
	}
	return was
}
