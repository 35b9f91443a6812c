package redis

import (
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/presence"
)

// refreshers is how many partitions are refreshed at a time: a Redis node that
// hangs must not hold up the partitions of the others beyond their expiry.
const refreshers = 16

// refreshLoop renews what the pod holds, and tries again what failed.
func (r *Registry) refreshLoop() {
	refresh := time.NewTicker(r.options.Refresh)
	defer refresh.Stop()
	retry := time.NewTicker(min(retryInterval, r.options.Refresh))
	defer retry.Stop()
	everything := func(*partition) bool { return true }
	r.refreshAll(everything)
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-refresh.C:
			r.refreshAll(everything)
		case <-retry.C:
			if r.failing.Load() == 0 {
				continue
			}
			if cluster, ok := r.options.Client.(*goredis.ClusterClient); ok {
				cluster.ReloadState(r.ctx)
			}
			r.refreshAll((*partition).isFailing)
		}
	}
}

func (r *Registry) refreshAll(wanted func(*partition) bool) {
	queue := make(chan *partition)
	var workers sync.WaitGroup
	for range refreshers {
		workers.Go(func() {
			for p := range queue {
				r.refresh(p)
			}
		})
	}
	for _, p := range r.partitions {
		if r.ctx.Err() == nil && wanted(p) {
			queue <- p
		}
	}
	close(queue)
	workers.Wait()
}

// refresh renews one partition, repeats what Redis may not know, and removes
// what expired.
func (r *Registry) refresh(p *partition) {
	p.turn.Lock()
	held, ended := p.places()
	unknown, missing, err := r.commands.refresh(r.ctx, p.channel, held)
	forgotten := unknown && p.known
	if err == nil && !unknown && p.channel.Family == bus.Users {
		err = r.learnChoices(p, held)
	}
	if err != nil {
		r.failed(p, err)
		p.turn.Unlock()
		return
	}
	if wasFailing := r.recovered(p); wasFailing || unknown || missing {
		held, ended = p.places() // calls may have added some until the recovery
		ended = append(held, ended...)
	}
	p.turn.Unlock()
	r.repeat(p, ended, forgotten)
	if r.mayJudge(p) {
		r.removeExpired(p)
	}
}

// mayJudge reports whether this pod may remove what others did not renew. It
// must have been in touch for a whole expiry: after an outage the others must
// get the time to come back. The first two refreshes may be close together.
func (r *Registry) mayJudge(p *partition) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.failing && time.Duration(p.steady-2)*r.options.Refresh >= r.options.Expiry
}

// learnChoices reads what the pod's users chose on other pods, so that this pod
// can answer, and repeat it, when Redis fails.
func (r *Registry) learnChoices(p *partition, held []place) error {
	if len(held) == 0 {
		return nil
	}
	names := make([]string, 0, len(held))
	for _, at := range held {
		names = append(names, r.commands.choice(at.user))
	}
	ctx, cancel := bounded(r.ctx)
	defer cancel()
	choices, err := r.options.Client.MGet(ctx, names...).Result()
	if err != nil {
		return err
	}
	p.locked(func() {
		for i, at := range held {
			if h := p.held[at]; h != nil && !h.untold {
				text, _ := choices[i].(string)
				h.chosen = presence.Status(text)
			}
		}
	})
	return nil
}

// repeat tells Redis what this pod holds in these places, and the announcer
// what others may not know.
func (r *Registry) repeat(p *partition, places []place, forgotten bool) {
	for _, at := range places {
		var change presence.Change
		var ok bool
		p.turn.Lock()
		if !p.isFailing() && r.ctx.Err() == nil {
			change, ok = r.repeatOne(p, at, forgotten)
		}
		p.turn.Unlock()
		if !ok {
			return
		}
		r.announce(at, change)
	}
}

// repeatOne runs in the partition's turn. It gives the change to announce.
func (r *Registry) repeatOne(p *partition, at place, forgotten bool) (change presence.Change, ok bool) {
	var h holding
	p.locked(func() {
		if p.held[at] == nil {
			return
		}
		if p.held[at].sessions == 0 && forgotten {
			p.held[at].lost = true
			return
		}
		h, ok = *p.held[at], true
	})
	if !ok {
		// The user is gone, or other pods, which lost as much, must first get
		// the time to say that they hold the user.
		return change, true
	}
	var err error
	if h.sessions > 0 {
		change, err = r.repeatEnter(at, h, forgotten)
	} else {
		change, err = r.repeatLeave(at, h)
	}
	if err != nil {
		r.failed(p, err)
		return change, false
	}
	p.locked(func() {
		if h.sessions > 0 {
			p.hold(at).tell(h.chosen, change)
		} else {
			p.drop(at, h.chosen)
		}
	})
	return change, true
}

// repeatEnter tells Redis of a user that this pod holds.
func (r *Registry) repeatEnter(at place, h holding, forgotten bool) (change presence.Change, err error) {
	switch {
	case h.untold:
		return r.commands.enter(r.ctx, at, h.chosen, replace)
	case !forgotten:
		return r.commands.enter(r.ctx, at, "", replace)
	}
	change, err = r.commands.enter(r.ctx, at, h.chosen, restore)
	if h.told {
		// Redis lost its data, and nobody was told that the user is gone.
		change.Before = change.After
	}
	return change, err
}

// repeatLeave tells Redis of a user whose last session ended unheard.
func (r *Registry) repeatLeave(at place, h holding) (change presence.Change, err error) {
	if h.untold {
		if change, err = r.commands.choose(r.ctx, at, h.chosen); err != nil {
			return change, err
		}
	}
	left, err := r.commands.leave(r.ctx, at, r.commands.pod, false)
	if h.lost && h.told && !left.After.Live {
		left.Before = presence.Presence{Live: true, Chosen: h.chosen}
	}
	if h.untold {
		change.After.Live = left.After.Live
		return change, err
	}
	return left, err
}

// removeExpired ends what pods that died hold. Whoever ends a user's last hold
// announces that.
func (r *Registry) removeExpired(p *partition) {
	for r.ctx.Err() == nil {
		entries, err := r.commands.expired(r.ctx, p.channel)
		for i := 0; i < len(entries) && err == nil && r.ctx.Err() == nil; i++ {
			err = r.removeEntry(p.channel, entries[i])
		}
		if err != nil {
			r.failed(p, err)
			return
		}
		if len(entries) < expiredChunk {
			return
		}
	}
}

func (r *Registry) removeEntry(channel bus.Channel, entry string) error {
	at, pod, ok := parseEntry(entry)
	if !ok {
		return r.commands.forget(r.ctx, channel, entry)
	}
	change, err := r.commands.leave(r.ctx, at, pod, true)
	if err == nil {
		r.announce(at, change)
	}
	return err
}

func (r *Registry) announce(at place, change presence.Change) {
	switch {
	case r.ctx.Err() != nil:
	case at.conversation == 0:
		if change.Visible() {
			r.options.Announcer.PresenceChanged(at.user, change)
		}
	case change.After.Live && !change.Before.Live:
		r.options.Announcer.Entered(at.conversation, at.user)
	case change.Before.Live && !change.After.Live:
		r.options.Announcer.Left(at.conversation, at.user)
	}
}
