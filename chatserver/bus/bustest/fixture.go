package bustest

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
)

// fixture is what a rule works with.
type fixture struct {
	*WithT

	t    *testing.T
	join func(bus.Receiver) bus.Bus
}

// pod is one bus and its receiver.
type pod struct {
	*Recorder

	bus bus.Bus
	f   *fixture
}

// pod joins the network and closes with the test.
func (f *fixture) pod() *pod {
	recorder := NewRecorder()
	p := &pod{Recorder: recorder, bus: f.join(recorder), f: f}
	f.t.Cleanup(p.close)
	return p
}

func (p *pod) close() {
	p.f.Expect(p.bus.Close()).To(Succeed())
	p.Closed()
	p.f.Expect(p.Wrong()).To(BeEmpty())
}

func (p *pod) subscribe(channels ...bus.Channel) {
	p.f.t.Helper()
	ctx, cancel := context.WithTimeout(p.f.t.Context(), Patience)
	defer cancel()
	p.f.Expect(p.bus.Subscribe(ctx, channels)).To(Succeed())
}

func (p *pod) publish(channel bus.Channel, payloads ...string) {
	p.f.t.Helper()
	var publications []bus.Publication
	for _, payload := range payloads {
		publications = append(publications, bus.Publication{Channel: channel, Payload: []byte(payload)})
	}
	p.f.Expect(p.bus.Publish(p.f.t.Context(), publications)).To(Succeed())
}

// expect waits until exactly these payloads came.
func (p *pod) expect(channel bus.Channel, payloads ...string) {
	p.f.t.Helper()
	p.f.Eventually(func() []string { return p.Payloads(channel) }, Patience, "1ms").Should(Equal(payloads))
}

// AllChannels lists every partition of every family.
func AllChannels() []bus.Channel {
	var all []bus.Channel
	for _, family := range []bus.Family{bus.Conversations, bus.Users} {
		for partition := range bus.Partitions {
			all = append(all, bus.Channel{Family: family, Partition: uint8(partition)})
		}
	}
	return all
}
