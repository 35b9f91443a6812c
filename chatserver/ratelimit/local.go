package ratelimit

import (
	"sync"
	"time"

	"github.com/parley-chat/parley/chatserver/config"
)

// Local is the Limiter of one pod.
type Local struct {
	now func() time.Time

	mu     sync.Mutex
	tables map[Limit]*table
}

// NewLocal makes the limiter of a pod.
func NewLocal(limits config.Limits, now func() time.Time) *Local {
	return newLocal(limits, maxKeys, now)
}

func newLocal(limits config.Limits, maxKeys int, now func() time.Time) *Local {
	l := &Local{now: now, tables: make(map[Limit]*table)}
	for limit, rule := range rules(limits) {
		l.tables[limit] = newTable(rule, maxKeys)
	}
	return l
}

// Allow takes cost from the key's bucket; see Limiter.
func (l *Local) Allow(key Key, cost int) (ok bool, retryAfter time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tables[key.Limit].allow(key.Subject, cost, l.now())
}

// Grant is what this pod granted of one key that pods count together.
type Grant struct {
	Key   Key
	Count int64
	// Life is how long other pods must remember it: after that the buckets are
	// full again.
	Life time.Duration
}

// Grants tells what was granted since it was called last, for each key whose
// bucket is in use, and forgets it.
func (l *Local) Grants() []Grant {
	l.mu.Lock()
	defer l.mu.Unlock()
	var grants []Grant
	now := l.now()
	for limit, table := range l.tables {
		table.grants(now, func(subject string, granted int64) {
			grants = append(grants, Grant{Key: Key{Limit: limit, Subject: subject}, Count: granted, Life: table.rule.fillTime()})
		})
	}
	return grants
}

// Charge takes what other pods granted from the key's bucket, which may then
// hold less than nothing: what was granted too much is paid back before
// anything more is granted.
func (l *Local) Charge(key Key, granted int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tables[key.Limit].charge(key.Subject, granted, l.now())
}
