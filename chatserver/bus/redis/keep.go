package redis

import (
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/bus"
)

// node is a server that carries, or carried, channels of this pod.
type node struct {
	backoff

	link *link // nil while there is no connection
}

func (b *Bus) wakeKeeper() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// keepSubscriptions gives every wanted channel without a connection to one of
// the server that owns it, and takes those away that have moved.
func (b *Bus) keepSubscriptions() {
	moved := time.NewTicker(b.options.ProbeInterval)
	defer moved.Stop()
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-b.ctx.Done():
			return
		case <-b.wake:
		case <-retry.C:
		case <-moved.C:
			b.leaveMoved()
		}
		b.tellMissed()
		if pause, again := b.assign(); again {
			retry.Reset(pause)
		}
	}
}

// assign places what can be placed now. It reports how long to wait for the rest.
func (b *Bus) assign() (time.Duration, bool) {
	owners, err := b.owners(b.unassigned())
	now := time.Now()
	if err == nil {
		b.lookup = backoff{}
	} else {
		b.options.Logger.Debug("place subscriptions; trying again", "error", err)
		b.lookup.failed(now, b.options.MinBackoff, b.options.MaxBackoff)
	}
	var next time.Time
	b.mu.Lock()
	defer b.mu.Unlock()
	for channel, one := range b.subscriptions {
		if one.link != nil {
			continue
		}
		notBefore := one.notBefore
		if address, ok := owners[channel]; ok {
			place := b.node(address)
			if place.notBefore.After(notBefore) {
				notBefore = place.notBefore
			}
			if !notBefore.After(now) {
				b.place(channel, one, address, place)
				continue
			}
		} else if err == nil {
			continue // wanted only just now, and the keeper is woken for it
		} else if b.lookup.notBefore.After(notBefore) {
			notBefore = b.lookup.notBefore
		}
		if next.IsZero() || notBefore.Before(next) {
			next = notBefore
		}
	}
	return next.Sub(now), !next.IsZero()
}

func (b *Bus) unassigned() []bus.Channel {
	b.mu.Lock()
	defer b.mu.Unlock()
	var channels []bus.Channel
	for channel, one := range b.subscriptions {
		if one.link == nil {
			channels = append(channels, channel)
		}
	}
	return channels
}

// owners gives the addresses of the channels' servers. The error of one channel
// ends the search: the nodes of a Cluster are known together or not at all.
func (b *Bus) owners(channels []bus.Channel) (map[bus.Channel]string, error) {
	owners := make(map[bus.Channel]string, len(channels))
	for _, channel := range channels {
		client, err := b.servers.owner(b.ctx, b.names.of(channel))
		if err != nil {
			return owners, err
		}
		owners[channel] = client.Options().Addr
	}
	return owners, nil
}

func (b *Bus) node(address string) *node {
	if b.nodes[address] == nil {
		b.nodes[address] = new(node)
	}
	return b.nodes[address]
}

func (b *Bus) place(channel bus.Channel, one *subscription, address string, on *node) {
	name := b.names.of(channel)
	if on.link == nil {
		on.link = b.newLink(address, b.names.probe(name, b.pod))
		b.running.Go(on.link.run)
	}
	one.link = on.link
	one.link.ask(subscribe, name)
}

// leaveMoved ends the connections that carry a channel whose server is another
// one by now: Redis says so itself, unless it cannot.
func (b *Bus) leaveMoved() {
	owners, err := b.owners(allChannels())
	if err != nil {
		return // and assign meets it too, where it matters
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for channel, one := range b.subscriptions {
		if address, ok := owners[channel]; ok && one.link != nil && one.link.address != address {
			one.link.fail(errMoved)
		}
	}
}

// confirmed notes that a subscription stands.
func (b *Bus) confirmed(from *link, name string) {
	channel, ok := b.names.channels[name]
	if !ok {
		return
	}
	b.mu.Lock()
	one := b.subscriptions[channel]
	if one == nil || one.link != from || one.standing {
		b.mu.Unlock()
		return
	}
	one.standing, one.attempts = true, 0
	missed := one.missed
	one.missed = false
	close(one.settled)
	b.mu.Unlock()
	if missed {
		b.deliveries.resubscribed(channel)
	}
}

// refused takes channels back from a connection whose server does not want them.
func (b *Bus) refused(from *link, names []string) {
	b.servers.reload(b.ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for _, name := range names {
		channel, ok := b.names.channels[name]
		if one := b.subscriptions[channel]; ok && one != nil && one.link == from {
			b.lose(one)
			one.failed(now, b.options.MinBackoff, b.options.MaxBackoff)
		}
	}
	b.wakeKeeper()
}

// linkEnded takes all channels back from a connection that is gone. The link's
// goroutines have made their last call to the receiver.
func (b *Bus) linkEnded(ended *link) {
	if b.ctx.Err() != nil {
		return
	}
	b.servers.reload(b.ctx)
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	place := b.node(ended.address)
	place.link = nil
	if now.Sub(ended.made) > b.options.MaxBackoff {
		place.attempts = 0
	}
	place.failed(now, b.options.MinBackoff, b.options.MaxBackoff)
	if fault(faultNoRebuild) {
		return
	}
	for _, one := range b.subscriptions {
		if one.link == ended {
			b.lose(one)
		}
	}
	b.wakeKeeper()
}

func (b *Bus) lose(one *subscription) {
	one.link = nil
	if one.standing {
		one.standing, one.missed = false, true
		one.settled = make(chan struct{})
	}
}

// linkSettings gives the settings for a connection that is dialled only once.
func (b *Bus) linkSettings(address string) *goredis.Options {
	settings := *b.settings
	settings.Addr = address
	settings.Dialer = dialOnce(goredis.NewDialer(&settings))
	return &settings
}
