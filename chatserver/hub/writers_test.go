package hub_test

import (
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/hub"
)

// writes counts the frames of each write.
type writes struct {
	mu     sync.Mutex
	counts []int
}

func (w *writes) Write(frames [][]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts = append(w.counts, len(frames))
	return nil
}

func (w *writes) Ping() error           { return nil }
func (w *writes) Close(hub.CloseReason) {}

func (w *writes) seen() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.counts...)
}

func TestWhatIsSaidTogetherLeavesInOneWrite(t *testing.T) {
	g := NewWithT(t)
	h, client := newHub(t), new(writes)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	h.Together(func() {
		for range 1001 {
			session.Send([]byte("frame"))
		}
		g.Consistently(client.seen, "20ms").Should(BeEmpty(), "nothing is written yet")
	})
	g.Eventually(client.seen).Should(Equal([]int{1001}))
}
