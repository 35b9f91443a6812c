package hub_test

import (
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/bus/envelope"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/hub"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/test/pod"
)

// conn is a client that reads only when the test lets it.
type conn struct {
	mu     sync.Mutex
	frames int
	bytes  int
	closed chan hub.CloseReason
	gate   chan struct{} // closed: writes go through
	open   func()        // closes the gate
}

func newConn(t *testing.T) *conn {
	c := &conn{closed: make(chan hub.CloseReason, 8), gate: make(chan struct{})}
	c.open = sync.OnceFunc(func() { close(c.gate) })
	t.Cleanup(c.open)
	return c
}

func (c *conn) Write(frames [][]byte) error {
	<-c.gate
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames += len(frames)
	for _, frame := range frames {
		c.bytes += len(frame)
	}
	return nil
}

func (c *conn) Ping() error { return errors.New("no pings here") }

func (c *conn) Close(reason hub.CloseReason) { c.closed <- reason }

type plainWire struct{}

func (plainWire) Change(envelope.Change) []byte            { return []byte("change") }
func (plainWire) Signal(model.Signal) []byte               { return []byte("signal") }
func (plainWire) Reset(model.ConversationID, int64) []byte { return []byte("reset") }
func (plainWire) Drain(time.Duration) []byte               { return []byte("drain") }

func newHub(t *testing.T) *hub.Hub {
	t.Helper()
	project := pod.New(t, pod.Options{})
	h := hub.New(hub.Options{
		Source: project.Store, Pod: 1, Timing: slow, Now: time.Now,
		Metrics: hub.NewMetrics(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler),
	})
	routing := memory.New(h)
	h.Start(routing)
	t.Cleanup(func() {
		NewWithT(t).Expect(routing.Close()).To(Succeed())
		h.Close()
	})
	return h
}

const queueLimit = 256 * 1024

func TestAQueueTakesUpToItsLimitAndThenTheSessionIsClosedAsSlow(t *testing.T) {
	g := NewWithT(t)
	h, client := newHub(t), newConn(t)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		client.open()
		session.Leave()
	})

	// The first frame is with the writer, which is stuck in the connection.
	g.Expect(session.Send([]byte("stuck"))).To(BeTrue())
	g.Eventually(func() string { return stacks() }).Should(ContainSubstring("hub_test.(*conn).Write"))
	g.Expect(session.Send(make([]byte, queueLimit-1))).To(BeTrue())
	g.Expect(session.Send(make([]byte, 1))).To(BeTrue())
	g.Expect(session.Send(make([]byte, 1))).To(BeFalse())
	g.Expect(session.Closing()).To(BeTrue())
	g.Expect(<-client.closed).To(Equal(hub.CloseSlow))
	client.open()
}

func TestWhatIsQueuedIsWrittenBeforeTheSessionCloses(t *testing.T) {
	g := NewWithT(t)
	h, client := newHub(t), newConn(t)
	session, err := h.Join(hub.Identity{User: 1}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	for range 100 {
		g.Expect(session.Send([]byte("frame"))).To(BeTrue())
	}
	session.Close(hub.CloseDrain)
	g.Expect(session.Send([]byte("late"))).To(BeFalse())
	client.open()
	g.Expect(<-client.closed).To(Equal(hub.CloseDrain))
	client.mu.Lock()
	defer client.mu.Unlock()
	g.Expect(client.frames).To(Equal(100))
}

func TestASessionWhoseTokenIsOverIsClosed(t *testing.T) {
	g := NewWithT(t)
	h, client := newHub(t), newConn(t)
	client.open()
	session, err := h.Join(hub.Identity{User: 1, ExpiresAt: time.Now()}, plainWire{}, client)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(session.Leave)
	g.Expect(<-client.closed).To(Equal(hub.CloseTokenExpired))
}

func TestAnIdleSessionHoldsOneGoroutineAndNoHandler(t *testing.T) {
	g := NewWithT(t)
	const sessions = 20
	project := pod.New(t, pod.Options{Timing: slow})
	ada := project.User(t, "ada")
	target := project.Start(t)
	for range sessions {
		target.Open(t, pod.Bearer(project.Token(t, ada)))
	}
	count := func(function string) func() int {
		return func() int { return strings.Count(stacks(), function+"(") }
	}
	g.Eventually(count("net/http.(*conn).serve")).Should(BeZero())
	g.Eventually(count("hub.(*Session).write")).Should(BeZero())
	g.Eventually(count("native.(*socketReader).begin")).Should(BeZero())
	g.Eventually(count("native.(*socketReader).read")).Should(BeZero())
	g.Eventually(count("native.(*socketReader).run")).Should(Equal(sessions))
}

// stacks lists what every goroutine does; "created by" lines are left out.
func stacks() string {
	buffer := make([]byte, 4<<20)
	var kept []string
	for line := range strings.SplitSeq(string(buffer[:runtime.Stack(buffer, true)]), "\n") {
		if !strings.HasPrefix(line, "created by") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func TestAClosedPodLeavesNoGoroutine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("pod", func(t *testing.T) {
		project := pod.New(t, pod.Options{Timing: quick})
		ada := project.User(t, "ada")
		conversation := project.Group(t, ada)
		target := project.Start(t)
		socket := target.Open(t, pod.Bearer(project.Token(t, ada)))
		send(t, target, ada, conversation.ID, "hi")
		nextSeqs(t, socket, 1)
	})
	goleak.VerifyNone(t, before)
}
