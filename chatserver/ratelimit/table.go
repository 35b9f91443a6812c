package ratelimit

import (
	"container/list"
	"math"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the buckets of one limit on one pod, about 300 bytes each.
const maxKeys = 50_000

// idleTime is long enough for the other pods to be told what was granted.
const idleTime = 2 * time.Second

// evictions is how many idle buckets one new bucket may clear away: more than
// one, so that a table that has grown shrinks again.
const evictions = 2

// table holds the buckets of one limit, the most recently used first. A full
// bucket is as good as none, so idle ones are forgotten. It is not safe for
// concurrent use.
type table struct {
	rule    rule
	maxKeys int
	buckets map[string]*list.Element // of *bucket, by subject
	order   *list.List
	active  map[string]*bucket // those that other pods may have to hear of
}

// bucket is what is left of one key's limit.
type bucket struct {
	subject string
	tokens  *rate.Limiter
	used    time.Time
	granted int64 // since the other pods were told
}

func newTable(rule rule, maxKeys int) *table {
	return &table{
		rule: rule, maxKeys: maxKeys,
		buckets: make(map[string]*list.Element), order: list.New(), active: make(map[string]*bucket),
	}
}

func (t *table) allow(subject string, cost int, now time.Time) (ok bool, retryAfter time.Duration) {
	b := t.bucket(subject, now)
	if b.tokens.AllowN(now, cost) {
		b.granted += int64(cost)
		return true, 0
	}
	missing := float64(cost) - b.tokens.TokensAt(now)
	return false, time.Duration(math.Ceil(missing / float64(t.rule.rate.PerSecond) * float64(time.Second)))
}

func (t *table) bucket(subject string, now time.Time) *bucket {
	if element, ok := t.buckets[subject]; ok {
		t.order.MoveToFront(element)
		b := valueOf(element)
		b.used = now
		t.activate(b)
		return b
	}
	t.evict(now)
	b := &bucket{
		subject: subject, used: now,
		tokens: rate.NewLimiter(rate.Limit(t.rule.rate.PerSecond), t.rule.rate.Burst),
	}
	t.buckets[subject] = t.order.PushFront(b)
	t.activate(b)
	return b
}

func (t *table) activate(b *bucket) {
	if t.rule.shared {
		t.active[b.subject] = b
	}
}

// evict makes room for one more bucket and forgets some that are idle.
func (t *table) evict(now time.Time) {
	for range evictions {
		last := t.order.Back()
		if last == nil {
			return
		}
		b := valueOf(last)
		if len(t.buckets) < t.maxKeys && !t.idle(b, now) {
			return
		}
		t.order.Remove(last)
		delete(t.buckets, b.subject)
		delete(t.active, b.subject)
	}
}

func (t *table) idle(b *bucket, now time.Time) bool {
	return now.Sub(b.used) >= idleTime && t.full(b, now)
}

func (t *table) full(b *bucket, now time.Time) bool {
	return b.tokens.TokensAt(now) >= float64(t.rule.rate.Burst)
}

// grants tells what was granted since it was asked last, for each key that is
// not at rest: one with a full bucket has nothing to tell and nothing to hear.
func (t *table) grants(now time.Time, tell func(subject string, granted int64)) {
	for subject, b := range t.active {
		if b.granted == 0 && t.full(b, now) {
			delete(t.active, subject)
			continue
		}
		tell(subject, b.granted)
		b.granted = 0
	}
}

// charge takes what other pods granted, below nothing if need be.
func (t *table) charge(subject string, granted int64, now time.Time) {
	b, ok := t.active[subject]
	if !ok {
		return
	}
	for granted > 0 {
		part := min(granted, int64(t.rule.rate.Burst))
		b.tokens.ReserveN(now, int(part))
		granted -= part
	}
}

func valueOf(element *list.Element) *bucket {
	b, _ := element.Value.(*bucket)
	return b
}
