package hub

import (
	"github.com/parley-chat/parley/chatserver/model"
)

// Place is the right to one session. It is taken before a connection is
// upgraded, so that a refusal can still be an ordinary answer. Its holder calls
// Join or Release, once.
type Place struct {
	hub      *Hub
	identity Identity
}

// Reserve takes a place for a session. It fails with model.ErrDraining, or with
// model.ErrTooManyConnections when the user or the pod has no place left.
func (h *Hub) Reserve(identity Identity) (*Place, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.draining {
		return nil, model.ErrDraining
	}
	switch h.places.take(identity.User) {
	case userFull:
		h.metrics.userFull.Inc()
		return nil, model.ErrTooManyConnections
	case podFull:
		h.metrics.podFull.Inc()
		return nil, model.ErrTooManyConnections
	}
	return &Place{hub: h, identity: identity}, nil
}

// Join makes a session out of a connection. It fails while the pod drains, and
// the place is then free again. Leave must be called when the connection is
// over.
func (p *Place) Join(wire Wire, conn Conn) (*Session, error) {
	session, err := p.hub.join(p.identity, wire, conn)
	if err != nil {
		p.Release()
	}
	return session, err
}

// Release gives back a place whose connection did not come about.
func (p *Place) Release() {
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	p.hub.places.release(p.identity.User)
}

// places counts the sessions and those that are about to join. The hub's lock
// guards it.
type places struct {
	perUser int // 0: without bound
	perPod  int // 0: without bound
	taken   int
	users   map[model.UserID]int
}

func newPlaces(perUser, perPod int) places {
	return places{perUser: perUser, perPod: perPod, users: make(map[model.UserID]int)}
}

// outcome is what became of the wish for a place.
type outcome uint8

const (
	placeTaken outcome = iota
	userFull
	podFull
)

func (p *places) take(user model.UserID) outcome {
	switch {
	case p.perUser > 0 && p.users[user] >= p.perUser:
		return userFull
	case p.perPod > 0 && p.taken >= p.perPod:
		return podFull
	}
	p.taken++
	p.users[user]++
	return placeTaken
}

func (p *places) release(user model.UserID) {
	p.taken--
	if p.users[user]--; p.users[user] == 0 {
		delete(p.users, user)
	}
}
