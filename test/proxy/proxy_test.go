package proxy_test

import (
	"bufio"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/proxy"
)

// quiet is how long nothing must arrive for it to count as held back.
const quiet = 50 * time.Millisecond

// echo serves lines back to whoever sends them and returns its address.
func echo(t *testing.T) string {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				_, _ = io.Copy(connection, connection)
				_ = connection.Close()
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return listener.Addr().String()
}

// dial connects to the proxy and returns what it is answered, line by line.
func dial(t *testing.T, p *proxy.Proxy) (net.Conn, <-chan string) {
	connection, err := net.Dial("tcp4", p.Addr())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = connection.Close() })
	lines := make(chan string, 10)
	go func() {
		defer close(lines)
		for scanner := bufio.NewScanner(connection); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	return connection, lines
}

func say(t *testing.T, connection net.Conn, line string) {
	_, err := io.WriteString(connection, line+"\n")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func TestAProxyCarriesBothDirections(t *testing.T) {
	connection, answers := dial(t, proxy.New(t, echo(t), nil))
	say(t, connection, "hello")
	NewWithT(t).Eventually(answers).Should(Receive(Equal("hello")))
}

func TestAStalledProxyHoldsBackWhatIsSentUntilItResumes(t *testing.T) {
	g := NewWithT(t)
	p := proxy.New(t, echo(t), nil)
	connection, answers := dial(t, p)
	p.Stall()
	say(t, connection, "late")
	g.Consistently(answers).WithTimeout(quiet).ShouldNot(Receive())
	p.Resume()
	g.Eventually(answers).Should(Receive(Equal("late")))
}

func TestASilentConnectionStaysOpenWhileNewOnesWork(t *testing.T) {
	g := NewWithT(t)
	p := proxy.New(t, echo(t), nil)
	connection, answers := dial(t, p)
	say(t, connection, "hello")
	g.Eventually(answers).Should(Receive())
	p.Silence()
	say(t, connection, "anybody?")
	g.Consistently(answers).WithTimeout(quiet).ShouldNot(Or(Receive(), BeClosed()))
	other, heard := dial(t, p)
	say(t, other, "hello")
	g.Eventually(heard).Should(Receive(Equal("hello")))
}

func TestACutEndsTheConnectionsOfTheMoment(t *testing.T) {
	g := NewWithT(t)
	p := proxy.New(t, echo(t), nil)
	connection, answers := dial(t, p)
	say(t, connection, "hello")
	g.Eventually(answers).Should(Receive())
	p.Cut()
	g.Eventually(answers).Should(BeClosed())
	g.Eventually(p.Connections).Should(BeZero())
}

// loser lets a request through and cuts the connection at the answer.
type loser struct{}

func (loser) Sent([]byte) proxy.Verdict { return proxy.Pass }

func (loser) Answered([]byte) proxy.Verdict { return proxy.Cut }

func TestAnInspectorDecidesOnEachDirection(t *testing.T) {
	g := NewWithT(t)
	connection, answers := dial(t, proxy.New(t, echo(t), func() proxy.Inspector { return loser{} }))
	say(t, connection, "hello")
	g.Eventually(answers).Should(BeClosed())
	g.Expect(answers).NotTo(Receive())
}
