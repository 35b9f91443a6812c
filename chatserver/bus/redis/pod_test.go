package redis

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
)

var (
	room   = bus.Channel{Family: bus.Conversations, Partition: 17}
	person = bus.Channel{Family: bus.Users, Partition: 3}
)

// pod is a bus with a recorder, which closes with the test.
type pod struct {
	*bustest.Recorder
	*WithT

	t   *testing.T
	bus *Bus
}

func newPod(t *testing.T, options Options) *pod {
	t.Helper()
	p := &pod{Recorder: bustest.NewRecorder(), WithT: NewWithT(t), t: t}
	options.Receiver = p.Recorder
	if options.Project == "" {
		options.Project = "3f1c"
	}
	p.bus = open(t, options)
	t.Cleanup(func() {
		p.Expect(p.bus.Close()).To(Succeed())
		p.Closed()
		p.Expect(p.Wrong()).To(BeEmpty())
	})
	return p
}

func (p *pod) subscribe(channels ...bus.Channel) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), bustest.Patience)
	defer cancel()
	p.Expect(p.bus.Subscribe(ctx, channels)).To(Succeed())
}

// send publishes without an expectation.
func (p *pod) send(channel bus.Channel, payload string) error {
	return p.bus.Publish(p.t.Context(), []bus.Publication{{Channel: channel, Payload: []byte(payload)}})
}

// expectFlow waits until everything stands, and sends a payload through each channel.
func (p *pod) expectFlow(payload string, channels ...bus.Channel) {
	p.t.Helper()
	p.eventuallyHealthy(true)
	for _, channel := range channels {
		p.Expect(p.send(channel, payload)).To(Succeed())
	}
	for _, channel := range channels {
		p.Eventually(func() []string { return p.Payloads(channel) }, bustest.Patience, "2ms").Should(ContainElement(payload))
	}
}

func (p *pod) eventuallyHealthy(healthy bool) {
	p.t.Helper()
	p.Eventually(p.bus.Healthy, bustest.Patience, "5ms").Should(Equal(healthy))
}

func (p *pod) eventuallyResubscribed(channels ...bus.Channel) {
	p.t.Helper()
	for _, channel := range channels {
		p.Eventually(p.Resubscriptions, bustest.Patience, "10ms").Should(HaveKey(channel))
	}
}
