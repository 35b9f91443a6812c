// Package memory is presence within one process: the one of development mode,
// and of tests that need several pods without a Redis.
//
// What may enter: this one engine. What may not: anything that the contract of
// package presence does not ask for.
package memory

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
)

// Options set a network's times.
type Options struct {
	Now func() time.Time // time.Now when nil
	// The contract's defaults when zero.
	Expiry, Refresh time.Duration
}

// Network connects the registries of several pods in one process.
type Network struct {
	options Options

	mu      sync.Mutex
	beats   map[*Registry]time.Time // when each pod last showed that it lives
	rooms   map[model.ConversationID]room
	choices map[model.UserID]choice
}

// room counts sessions of users by pod. Room 0 holds those who are online.
type room map[model.UserID]map[*Registry]int

type choice struct {
	status presence.Status
	made   time.Time
}

// NewNetwork makes a network without a pod.
func NewNetwork(options Options) *Network {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Expiry <= 0 {
		options.Expiry = presence.DefaultExpiry
	}
	if options.Refresh <= 0 {
		options.Refresh = presence.DefaultRefresh
	}
	return &Network{
		options: options, beats: make(map[*Registry]time.Time),
		rooms: make(map[model.ConversationID]room), choices: make(map[model.UserID]choice),
	}
}

// enter counts a session, and reports whether it is the user's first in the
// room. The lock is held, as in all that follow.
func (n *Network) enter(r *Registry, conversation model.ConversationID, user model.UserID) (first bool) {
	users := n.rooms[conversation]
	if users == nil {
		users = make(room)
		n.rooms[conversation] = users
	}
	pods := users[user]
	if pods == nil {
		pods = make(map[*Registry]int)
		users[user] = pods
	}
	pods[r]++
	return len(pods) == 1 && pods[r] == 1
}

// leave ends sessions of a pod, and reports whether the user's last one was
// among them.
func (n *Network) leave(r *Registry, conversation model.ConversationID, user model.UserID, sessions int) (last bool) {
	users := n.rooms[conversation]
	pods := users[user]
	if pods[r] == 0 {
		return false
	}
	pods[r] -= sessions
	if pods[r] > 0 {
		return false
	}
	delete(pods, r)
	if len(pods) > 0 {
		return false
	}
	delete(users, user)
	if len(users) == 0 {
		delete(n.rooms, conversation)
	}
	return true
}

// disconnect is leave for those who are online.
func (n *Network) disconnect(r *Registry, user model.UserID, sessions int) presence.Change {
	before := n.presence(user)
	if n.leave(r, 0, user, sessions) && !before.Chosen.Outlives() {
		delete(n.choices, user)
	}
	after := n.presence(user)
	after.Chosen = before.Chosen
	return presence.Change{Before: before, After: after}
}

func (n *Network) presence(user model.UserID) presence.Presence {
	known := presence.Presence{Live: len(n.rooms[0][user]) > 0, Chosen: presence.Online}
	if made, ok := n.choices[user]; ok {
		if n.options.Now().Sub(made.made) < presence.ChoiceLifetime {
			known.Chosen = made.status
		} else {
			delete(n.choices, user)
		}
	}
	return known
}

func (n *Network) choose(user model.UserID, status presence.Status) {
	switch status {
	case "":
	case presence.Online:
		delete(n.choices, user)
	default:
		n.choices[user] = choice{status, n.options.Now()}
	}
}

// left is what the end of a dead pod changed.
type left struct {
	conversation model.ConversationID
	user         model.UserID
	change       presence.Change
}

// beat notes that a pod lives, and ends what pods hold that died.
func (n *Network) beat(r *Registry) (changes []left) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.options.Now()
	n.beats[r] = now
	for pod, beat := range n.beats {
		if now.Sub(beat) > n.options.Expiry {
			delete(n.beats, pod)
			changes = append(changes, n.bury(pod)...)
		}
	}
	return changes
}

func (n *Network) bury(pod *Registry) (changes []left) {
	for conversation, users := range n.rooms {
		for user, pods := range users {
			sessions := pods[pod]
			if sessions == 0 {
				continue
			}
			if conversation == 0 {
				changes = append(changes, left{0, user, n.disconnect(pod, user, sessions)})
			} else if n.leave(pod, conversation, user, sessions) {
				changes = append(changes, left{conversation: conversation, user: user})
			}
		}
	}
	return changes
}
