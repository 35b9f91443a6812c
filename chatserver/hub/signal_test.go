package hub_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
)

// stuck joins a session whose writer is stuck in its connection.
func stuck(t *testing.T) (*hub.Session, *conn) {
	t.Helper()
	g := NewWithT(t)
	h, client := newHub(t), newConn(t)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		client.open()
		session.Leave()
	})
	g.Expect(session.Send([]byte("stuck"))).To(BeTrue())
	g.Eventually(func() string { return stacks() }).Should(ContainSubstring("hub_test.(*conn).Write"))
	return session, client
}

// written waits until a session that is closing wrote what it had.
func written(t *testing.T, session *hub.Session, client *conn) int {
	t.Helper()
	session.Close(hub.CloseDrain)
	client.open()
	NewWithT(t).Eventually(client.closed, "20s").Should(Receive(Equal(hub.CloseDrain)))
	client.mu.Lock()
	defer client.mu.Unlock()
	return client.bytes - len("stuck")
}

func TestSignalsTakeHalfAQueueAndNoMore(t *testing.T) {
	session, client := stuck(t)
	session.SendFleeting(make([]byte, queueLimit/2-1))
	session.SendFleeting(make([]byte, 1))
	session.SendFleeting(make([]byte, 1))
	NewWithT(t).Expect(session.Closing()).To(BeFalse(), "a signal makes nobody slow")
	NewWithT(t).Expect(written(t, session, client)).To(Equal(queueLimit / 2))
}

func TestSignalsGoFirstWhenThereIsTooMuch(t *testing.T) {
	g := NewWithT(t)
	session, client := stuck(t)
	session.SendFleeting(make([]byte, queueLimit/2))
	g.Expect(session.Send(make([]byte, queueLimit/2))).To(BeTrue())
	g.Expect(session.Send(make([]byte, queueLimit/2))).To(BeTrue(), "the signals make room")
	g.Expect(session.Closing()).To(BeFalse())
	g.Expect(written(t, session, client)).To(Equal(queueLimit), "of the signals nothing is left")
}

func TestASignalWaitsForNothingThatCounts(t *testing.T) {
	session, client := stuck(t)
	NewWithT(t).Expect(session.Send(make([]byte, queueLimit/2))).To(BeTrue())
	session.SendFleeting(make([]byte, 1))
	NewWithT(t).Expect(written(t, session, client)).To(Equal(queueLimit / 2))
}
