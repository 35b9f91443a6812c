package redis

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/test/proxy"
	"github.com/parley-chat/parley/test/services"
)

func TestKilledAndStartedAgainEveryChannelIsResubscribed(t *testing.T) {
	server := services.Redis(t)
	bustest.VerifyNoLeak(t)
	p := newPod(t, Options{URLs: fixed(server.URL())})
	p.subscribe(bustest.AllChannels()...)
	p.expectFlow("before", bustest.AllChannels()...)

	server.Stop(t)
	p.eventuallyHealthy(false)
	p.Expect(p.send(room, "lost")).NotTo(Succeed())

	server.Start(t)
	p.eventuallyResubscribed(bustest.AllChannels()...)
	p.expectFlow("after", bustest.AllChannels()...)
	p.Expect(p.Payloads(room)).To(Equal([]string{"before", "after"}))
}

func TestOpenDoesNotNeedRedis(t *testing.T) {
	server := services.Redis(t)
	server.Stop(t)
	bustest.VerifyNoLeak(t)
	p := newPod(t, Options{URLs: fixed(server.URL())})
	p.Expect(p.bus.Healthy()).To(BeFalse())
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p.Expect(p.bus.Subscribe(ctx, []bus.Channel{room, person})).To(MatchError(context.DeadlineExceeded))

	server.Start(t)
	p.eventuallyResubscribed(room, person)
	p.expectFlow("late", room, person)
}

func TestAPausedRedisHangsNobody(t *testing.T) {
	server := services.Redis(t)
	bustest.VerifyNoLeak(t)
	p := newPod(t, Options{URLs: fixed(server.URL())})
	p.subscribe(room, person)
	p.expectFlow("before", room, person)

	server.Pause(t)
	paused := time.Now()
	for time.Since(paused) < 3*time.Second {
		p.Expect(p.send(room, "maybe")).NotTo(Succeed())
		p.Expect(p.bus.Healthy()).To(BeFalse())
	}
	server.Resume(t)
	p.expectFlow("after", room, person)
}

func TestAPublishOfACallerWhoGaveUpDoesNotCount(t *testing.T) {
	server := services.Redis(t)
	p := newPod(t, Options{URLs: fixed(server.URL())})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.eventuallyHealthy(true)
	p.Expect(p.bus.Publish(ctx, []bus.Publication{{Channel: room}})).NotTo(Succeed())
	p.Expect(p.bus.Healthy()).To(BeTrue())
}

func TestASilentConnectionIsReplaced(t *testing.T) {
	server := services.Redis(t)
	bustest.VerifyNoLeak(t)
	between := proxy.New(t, server.Addr(), nil)
	p := newPod(t, Options{
		URLs: fixed("redis://" + between.Addr()), Timeout: 200 * time.Millisecond,
		ProbeInterval: 200 * time.Millisecond, ReplyTimeout: 200 * time.Millisecond,
	})
	p.subscribe(room, person)
	p.expectFlow("before", room, person)

	between.Silence()
	p.eventuallyResubscribed(room, person)
	for _, channel := range []bus.Channel{room, person} {
		// A silent connection for publications is found by its publication.
		p.Eventually(func() error { return p.send(channel, "after") }, bustest.Patience, "5ms").Should(Succeed())
		p.Eventually(func() []string { return p.Payloads(channel) }, bustest.Patience, "2ms").Should(ContainElement("after"))
	}
	p.eventuallyHealthy(true)
}

func TestABusIsUnhealthyOnceAProbeIsOverdueThoughTheConnectionStillStands(t *testing.T) {
	server := services.Redis(t)
	between := proxy.New(t, server.Addr(), nil)
	p := newPod(t, Options{
		URLs: fixed("redis://" + between.Addr()), Timeout: 200 * time.Millisecond,
		ProbeInterval: 20 * time.Millisecond, ReplyTimeout: bustest.Patience,
	})
	p.subscribe(room)
	p.eventuallyHealthy(true)
	connection := p.link(room)

	between.Silence()
	p.eventuallyHealthy(false)
	p.Expect(p.link(room)).To(BeIdenticalTo(connection))
}

func TestAnIdleConnectionThatWorksIsKept(t *testing.T) {
	server := services.Redis(t)
	p := newPod(t, Options{
		URLs: fixed(server.URL()), ProbeInterval: 10 * time.Millisecond, ReplyTimeout: bustest.Patience,
	})
	p.subscribe(room)
	connection := p.link(room)
	for range 5 {
		heard := connection.heard.Load()
		p.Eventually(connection.heard.Load, bustest.Patience, "5ms").Should(BeNumerically(">", heard))
	}
	p.Expect(p.link(room)).To(BeIdenticalTo(connection))
	p.Expect(p.Resubscriptions()).To(BeEmpty())
	p.Expect(p.Payloads(room)).To(BeEmpty())
}

func (p *pod) link(channel bus.Channel) *link {
	p.bus.mu.Lock()
	defer p.bus.mu.Unlock()
	return p.bus.subscriptions[channel].link
}
