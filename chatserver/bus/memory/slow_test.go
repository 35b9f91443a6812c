package memory_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/chatserver/bus/memory"
)

// held is a receiver that does not return before it may.
type held struct {
	*bustest.Recorder

	release chan struct{}
}

func (h held) Receive(channel bus.Channel, payload []byte) {
	<-h.release
	h.Recorder.Receive(channel, payload)
}

func TestASlowReceiverIsToldWhatItMayHaveMissed(t *testing.T) {
	g := NewWithT(t)
	bustest.VerifyNoLeak(t)
	receiver := held{bustest.NewRecorder(), make(chan struct{})}
	joined := memory.New(receiver)
	defer func() { g.Expect(joined.Close()).To(Succeed()) }()
	busy, quiet := bus.Channel{Family: bus.Conversations}, bus.Channel{Family: bus.Users}
	g.Expect(joined.Subscribe(t.Context(), []bus.Channel{busy, quiet})).To(Succeed())
	for range 10_000 {
		g.Expect(joined.Publish(t.Context(), []bus.Publication{{Channel: busy}})).To(Succeed())
	}
	close(receiver.release)
	g.Eventually(receiver.Resubscriptions, bustest.Patience, "1ms").Should(Equal(map[bus.Channel]int{busy: 1}))
	g.Expect(len(receiver.Payloads(busy))).To(BeNumerically("<", 10_000))
}
