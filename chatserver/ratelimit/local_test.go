package ratelimit

import (
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/config"
)

// clock is a time that stands still until it is told to move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// ten grants 10 a second and 20 at once.
func ten() config.Limits {
	limits := config.DefaultLimits()
	limits.SendsPerUser = config.Rate{PerSecond: 10, Burst: 20}
	return limits
}

func user(name string) Key { return Key{SendsPerUser, name} }

// drain takes one at a time until nothing is left.
func drain(limiter Limiter, key Key) (granted int) {
	for {
		if ok, _ := limiter.Allow(key, 1); !ok {
			return granted
		}
		granted++
	}
}

func TestAKeyHasItsBurstAtOnceAndItsRateAfterwards(t *testing.T) {
	g := NewWithT(t)
	watch := newClock()
	local := NewLocal(ten(), watch.Now)
	g.Expect(drain(local, user("ada"))).To(Equal(20))
	watch.Advance(99 * time.Millisecond)
	g.Expect(drain(local, user("ada"))).To(Equal(0))
	watch.Advance(time.Millisecond)
	g.Expect(drain(local, user("ada"))).To(Equal(1))
	watch.Advance(time.Second)
	g.Expect(drain(local, user("ada"))).To(Equal(10))
	watch.Advance(time.Hour)
	g.Expect(drain(local, user("ada"))).To(Equal(20), "what is not used is not saved beyond the burst")
}

func TestARefusalSaysWhenThereIsEnough(t *testing.T) {
	for _, test := range []struct {
		cost int
		wait time.Duration
	}{{1, 100 * time.Millisecond}, {5, 500 * time.Millisecond}, {20, 2 * time.Second}} {
		t.Run(fmt.Sprint(test.cost), func(t *testing.T) {
			g := NewWithT(t)
			watch := newClock()
			local := NewLocal(ten(), watch.Now)
			drain(local, user("ada"))
			ok, wait := local.Allow(user("ada"), test.cost)
			g.Expect(ok).To(BeFalse())
			g.Expect(wait).To(BeNumerically("~", test.wait, time.Microsecond))
			watch.Advance(wait - time.Millisecond)
			ok, _ = local.Allow(user("ada"), test.cost)
			g.Expect(ok).To(BeFalse())
			watch.Advance(time.Millisecond)
			ok, _ = local.Allow(user("ada"), test.cost)
			g.Expect(ok).To(BeTrue(), "a refusal takes nothing")
		})
	}
}

func TestMoreThanABurstIsNeverGranted(t *testing.T) {
	g := NewWithT(t)
	local := NewLocal(ten(), newClock().Now)
	ok, wait := local.Allow(user("ada"), 21)
	g.Expect(ok).To(BeFalse())
	g.Expect(wait).To(BeNumerically(">", 0))
	ok, _ = local.Allow(user("ada"), 20)
	g.Expect(ok).To(BeTrue())
}

func TestKeysDoNotShareABucket(t *testing.T) {
	g := NewWithT(t)
	limits := ten()
	limits.RequestsPerUser = config.Rate{PerSecond: 1, Burst: 3}
	local := NewLocal(limits, newClock().Now)
	g.Expect(drain(local, user("ada"))).To(Equal(20))
	g.Expect(drain(local, user("grace"))).To(Equal(20))
	g.Expect(drain(local, Key{RequestsPerUser, "ada"})).To(Equal(3))
}

func TestManyAtOnceGetOneBurst(t *testing.T) {
	g := NewWithT(t)
	local := NewLocal(ten(), newClock().Now)
	granted := make(chan int, 8)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { granted <- drain(local, user("ada")) })
	}
	group.Wait()
	close(granted)
	sum := 0
	for each := range granted {
		sum += each
	}
	g.Expect(sum).To(Equal(20))
}

func TestTheKeysInMemoryAreBounded(t *testing.T) {
	g := NewWithT(t)
	watch := newClock()
	local := newLocal(ten(), 100, watch.Now)
	for i := range 1000 {
		local.Allow(user(fmt.Sprint(i)), 1)
		local.Allow(Key{FailuresPerAddress, fmt.Sprint(i)}, 1)
	}
	for _, limit := range []Limit{SendsPerUser, FailuresPerAddress} {
		table := local.tables[limit]
		g.Expect(table.buckets).To(HaveLen(100), string(limit))
		g.Expect(table.order.Len()).To(Equal(100), string(limit))
		g.Expect(len(table.active)).To(BeNumerically("<=", 100), string(limit))
	}
	g.Expect(local.Grants()).To(HaveLen(100), "addresses are not told to other pods")
}

func TestAFloodOfKeysForgetsTheLeastRecentlyUsed(t *testing.T) {
	g := NewWithT(t)
	local := newLocal(ten(), 100, newClock().Now)
	g.Expect(drain(local, user("ada"))).To(Equal(20))
	for i := range 1000 {
		local.Allow(user(fmt.Sprint(i)), 1)
		g.Expect(drain(local, user("ada"))).To(Equal(0), "who is active stays known")
	}
}

func TestIdleKeysAreForgotten(t *testing.T) {
	g := NewWithT(t)
	watch := newClock()
	local := NewLocal(ten(), watch.Now)
	for i := range 1000 {
		local.Allow(user(fmt.Sprint(i)), 1)
	}
	watch.Advance(idleTime)
	for i := range 1000 {
		local.Allow(user("later-"+fmt.Sprint(i)), 1)
		watch.Advance(10 * time.Millisecond)
	}
	// Two seconds' worth of keys is not idle yet.
	g.Expect(len(local.tables[SendsPerUser].buckets)).To(BeNumerically("~", 200, 5))
}

func TestOnlyKeysInUseAreTold(t *testing.T) {
	g := NewWithT(t)
	watch := newClock()
	local := NewLocal(ten(), watch.Now)
	local.Allow(user("ada"), 3)
	life := 2 * time.Second
	g.Expect(local.Grants()).To(Equal([]Grant{{Key: user("ada"), Count: 3, Life: life}}))
	g.Expect(local.Grants()).To(Equal([]Grant{{Key: user("ada"), Life: life}}), "it may hear of others until it is at rest")
	watch.Advance(300 * time.Millisecond)
	g.Expect(local.Grants()).To(BeEmpty())
	local.Allow(user("ada"), 1)
	watch.Advance(time.Second)
	g.Expect(local.Grants()).To(Equal([]Grant{{Key: user("ada"), Count: 1, Life: life}}), "what was granted is told although the bucket is full again")
}

func TestWhatOthersGrantedIsPaidBackFirst(t *testing.T) {
	g := NewWithT(t)
	watch := newClock()
	local := NewLocal(ten(), watch.Now)
	local.Allow(user("ada"), 20)
	local.Charge(user("ada"), 45)
	_, wait := local.Allow(user("ada"), 1)
	g.Expect(wait).To(BeNumerically("~", 4600*time.Millisecond, time.Microsecond))
	watch.Advance(4500 * time.Millisecond)
	g.Expect(drain(local, user("ada"))).To(Equal(0))
	watch.Advance(100 * time.Millisecond)
	g.Expect(drain(local, user("ada"))).To(Equal(1))
	local.Charge(user("nobody"), 5)
	g.Expect(drain(local, user("nobody"))).To(Equal(20))
}
