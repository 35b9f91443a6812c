package redis

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/test/services"
)

func TestADeadNodeTakesOnlyItsOwnChannels(t *testing.T) {
	nodes := services.NewRedisCluster(t)
	bustest.VerifyNoLeak(t)
	p := newPod(t, Options{URLs: fixed(nodes.URLs()...)})
	all := bustest.AllChannels()
	p.subscribe(all...)
	p.expectFlow("before", all...)
	dead := p.link(room).address
	var lost, kept []bus.Channel
	for _, channel := range all {
		if p.link(channel).address == dead {
			lost = append(lost, channel)
		} else {
			kept = append(kept, channel)
		}
	}
	p.Expect(kept).NotTo(BeEmpty())

	node := nodes.Nodes[nodes.Owner(t, p.bus.names.of(room))]
	p.Expect(node.Addr()).To(Equal(dead))
	node.Stop(t)
	p.eventuallyHealthy(false)
	for _, channel := range kept {
		p.Expect(p.send(channel, "meanwhile")).To(Succeed())
	}
	for _, channel := range kept {
		p.Eventually(func() []string { return p.Payloads(channel) }, bustest.Patience, "2ms").Should(Equal([]string{"before", "meanwhile"}))
	}
	p.Expect(p.bus.Healthy()).To(BeFalse())

	node.Start(t)
	nodes.WaitUntilWhole(t)
	p.eventuallyResubscribed(lost...)
	p.expectFlow("after", all...)
	for _, channel := range kept {
		p.Expect(p.Resubscriptions()).NotTo(HaveKey(channel))
	}
}

func TestAChannelFollowsItsSlot(t *testing.T) {
	nodes := services.NewRedisCluster(t)
	bustest.VerifyNoLeak(t)
	p := newPod(t, Options{URLs: fixed(nodes.URLs()...)})
	p.subscribe(room, person)
	p.expectFlow("before", room, person)
	name := p.bus.names.of(room)

	to := (nodes.Owner(t, name) + 1) % len(nodes.Nodes)
	nodes.MoveSlot(t, name, to)
	p.eventuallyResubscribed(room)
	p.Eventually(func() error { return p.send(room, "moved") }, bustest.Patience, "20ms").Should(Succeed())
	p.expectFlow("after", room, person)
	p.Expect(p.link(room).address).To(Equal(nodes.Nodes[to].Addr()))
}
