package auth

import (
	"maps"
	"time"

	"github.com/parley-chat/parley/chatserver/keyset"
)

// keysInForce are the API keys of the file without those that a notice revoked
// meanwhile. It never changes, so that a request sees both from one moment.
type keysInForce struct {
	set     *keyset.Set
	revoked map[string]time.Time // until when a key is refused, by its id
}

func (k *keysInForce) verify(presented string, now time.Time) (*keyset.Entry, bool) {
	entry, ok := k.set.Verify(presented, now)
	if !ok || k.refuses(entry.ID, now) {
		return nil, false
	}
	return entry, true
}

// byID finds a key that counts.
func (k *keysInForce) byID(id string, now time.Time) (*keyset.Entry, bool) {
	entry, ok := k.set.Entry(id)
	return entry, ok && k.holds(*entry, now)
}

func (k *keysInForce) holds(entry keyset.Entry, now time.Time) bool {
	return k.set.Holds(entry, now) && !k.refuses(entry.ID, now)
}

func (k *keysInForce) refuses(id string, now time.Time) bool { return now.Before(k.revoked[id]) }

// without refuses the ids too. An id that the set lacks is remembered as well:
// the file that brings it may still be on its way.
func (k *keysInForce) without(ids []string, until, now time.Time) *keysInForce {
	revoked := maps.Clone(k.revoked)
	if revoked == nil {
		revoked = make(map[string]time.Time, len(ids))
	}
	maps.DeleteFunc(revoked, func(_ string, end time.Time) bool { return !now.Before(end) })
	for _, id := range ids {
		if until.After(revoked[id]) {
			revoked[id] = until
		}
	}
	return &keysInForce{set: k.set, revoked: revoked}
}

// with takes another set. It forgets the refusals that the set has caught up
// with, so that an id which comes back later counts again.
func (k *keysInForce) with(set *keyset.Set) *keysInForce {
	revoked := maps.Clone(k.revoked)
	maps.DeleteFunc(revoked, func(id string, _ time.Time) bool { return !set.Lists(id) })
	return &keysInForce{set: set, revoked: revoked}
}
