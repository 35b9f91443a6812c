package redis

import (
	"sync"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/presence"
)

// holding is what this pod knows of a user in a place. One without sessions is
// kept only while Redis has to be told something.
type holding struct {
	sessions int
	told     bool            // Redis took it at some time, so others may know of it
	chosen   presence.Status // as far as this pod knows, or empty
	untold   bool            // Redis does not know what was chosen
	lost     bool            // Redis lost its data before it heard that the last session ended
}

func (h *holding) presence() presence.Presence {
	known := presence.Presence{Live: h.sessions > 0, Chosen: h.chosen}
	if known.Chosen == "" {
		known.Chosen = presence.Online
	}
	return known
}

// change does something to a holding and says what that changed.
func (h *holding) change(do func()) presence.Change {
	before := h.presence()
	do()
	return presence.Change{Before: before, After: h.presence()}
}

// partition is what this pod holds in one partition.
type partition struct {
	channel bus.Channel
	// turn is held while Redis is told of a change, so that changes reach it in
	// the order in which they happened here.
	turn sync.Mutex

	mu      sync.Mutex // never held while waiting for Redis
	failing bool       // Redis does not answer: only this pod's knowledge counts
	steady  int        // refreshes in a row that worked
	known   bool       // Redis was told once that this pod is there
	held    map[place]*holding
}

// change runs local, under the partition's lock, while Redis fails, and else
// remote, in the partition's turn.
func (p *partition) change(local, remote func()) {
	for {
		p.mu.Lock()
		if p.failing {
			local()
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		p.turn.Lock()
		if !p.isFailing() {
			remote()
			p.turn.Unlock()
			return
		}
		p.turn.Unlock()
	}
}

func (p *partition) isFailing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failing
}

// locked runs a short function under the partition's lock.
func (p *partition) locked(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

// hold gives the holding of a place, a new one if need be. The lock is held.
func (p *partition) hold(at place) *holding {
	h := p.held[at]
	if h == nil {
		h = &holding{}
		p.held[at] = h
	}
	return h
}

// places lists where the pod holds users, and where it only has to tell that it
// holds them no more.
func (p *partition) places() (held, ended []place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	held = make([]place, 0, len(p.held))
	for at, h := range p.held {
		if h.sessions > 0 {
			held = append(held, at)
		} else {
			ended = append(ended, at)
		}
	}
	return held, ended
}

// choose notes a choice that Redis was not told of yet.
func (h *holding) choose(status presence.Status) {
	if status != "" {
		h.chosen, h.untold = status, true
	}
}

// tell notes that Redis took the user, with a choice if one was sent. While it
// was on its way, another choice may have been made that Redis does not know.
func (h *holding) tell(sent presence.Status, got presence.Change) {
	h.told, h.lost = true, false
	if !h.untold || h.chosen == sent {
		h.chosen, h.untold = got.After.Chosen, false
	}
}

// drop forgets a place whose end Redis was told, unless something happened
// there meanwhile. The lock is held.
func (p *partition) drop(at place, sent presence.Status) {
	if h := p.held[at]; h != nil && h.sessions == 0 && (!h.untold || h.chosen == sent) {
		delete(p.held, at)
	}
}
