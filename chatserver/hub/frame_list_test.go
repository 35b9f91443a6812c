package hub_test

import (
	"bytes"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
)

// gathered keeps what is written, one frame per line; the frames themselves
// belong to the session again.
type gathered struct {
	stuck chan struct{} // each write waits for a value
	lines chan string
}

func (c gathered) Write(frames [][]byte) error {
	<-c.stuck
	c.lines <- string(bytes.Join(frames, []byte("\n")))
	return nil
}

func (gathered) Ping() error           { return nil }
func (gathered) Close(hub.CloseReason) {}

func TestListsThatAreUsedAgainHoldNothingOfTheLastTime(t *testing.T) {
	g := NewWithT(t)
	h := newHub(t)
	client := gathered{make(chan struct{}), make(chan string)}
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	for range 3 {
		session.Send([]byte("first"))
		g.Eventually(client.stuck).Should(BeSent(struct{}{}))
		g.Eventually(client.lines).Should(Receive(Equal("first")))
		session.Send([]byte("second"))
		g.Eventually(client.stuck).Should(BeSent(struct{}{}))
		// Before the write is over, others queue.
		session.SendFleeting([]byte("signal"))
		session.Send([]byte("third"))
		g.Eventually(client.lines).Should(Receive(Equal("second")))
		g.Eventually(client.stuck).Should(BeSent(struct{}{}))
		g.Eventually(client.lines).Should(Receive(Equal("third\nsignal")))
	}
}
