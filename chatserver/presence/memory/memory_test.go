package memory_test

import (
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/presence/memory"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
)

const alice model.UserID = model.FirstID

func TestRegistry(t *testing.T) {
	presencetest.Run(t, func(_ *testing.T, expiry, refresh time.Duration) func(presence.Announcer) presence.Registry {
		network := memory.NewNetwork(memory.Options{Expiry: expiry, Refresh: refresh})
		return func(announcer presence.Announcer) presence.Registry { return network.Join(announcer) }
	})
}

// clock is moved by tests.
type clock struct{ elapsed atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.elapsed.Load()) }
func (c *clock) advance(d time.Duration) { c.elapsed.Add(int64(d)) }

func TestADeadPodIsKeptForTheDefaultExpiryAndNoLonger(t *testing.T) {
	g := NewWithT(t)
	presencetest.VerifyNoLeak(t)
	var time clock
	network := memory.NewNetwork(memory.Options{Now: time.now, Refresh: 1e6})
	join := func(announcer presence.Announcer) presence.Registry { return network.Join(announcer) }
	dying := presencetest.NewPod(t, join)
	dying.Connect(alice, "", presence.Offline, presence.Online)
	dying.End()
	survivor := presencetest.NewPod(t, join)
	time.advance(presence.DefaultExpiry)
	g.Consistently(survivor.Events, "100ms", "5ms").Should(BeEmpty())
	g.Expect(survivor.Visible(alice)).To(Equal(presence.Online))
	time.advance(1)
	g.Eventually(survivor.Events, presencetest.Patience, "5ms").Should(Equal([]string{"user " + alice.String() + " online offline"}))
}

func TestAChoiceIsForgottenAfterItsLifetime(t *testing.T) {
	g := NewWithT(t)
	presencetest.VerifyNoLeak(t)
	var time clock
	network := memory.NewNetwork(memory.Options{Now: time.now})
	pod := presencetest.NewPod(t, func(announcer presence.Announcer) presence.Registry { return network.Join(announcer) })
	pod.SetStatus(alice, presence.DoNotDisturb, presence.Offline, presence.Offline)
	time.advance(presence.ChoiceLifetime - 1)
	g.Expect(pod.Of(alice).Chosen).To(Equal(presence.DoNotDisturb))
	time.advance(1)
	g.Expect(pod.Of(alice).Chosen).To(Equal(presence.Online))
}
