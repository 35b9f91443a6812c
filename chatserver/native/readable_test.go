package native

import (
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// pipes are TCP connections to nobody who writes.
func pipes(t *testing.T, count int) (here, there []net.Conn) {
	t.Helper()
	g := NewWithT(t)
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	listener = Listen(listener)
	t.Cleanup(func() { _ = listener.Close() })
	for range count {
		dialed, err := new(net.Dialer).DialContext(t.Context(), "tcp", listener.Addr().String())
		g.Expect(err).NotTo(HaveOccurred())
		accepted, err := listener.Accept()
		g.Expect(err).NotTo(HaveOccurred())
		t.Cleanup(func() { _, _ = dialed.Close(), accepted.Close() })
		here, there = append(here, accepted), append(there, dialed)
	}
	return here, there
}

func TestWaitingEndsWithWhateverThereIsToRead(t *testing.T) {
	for rule, cause := range map[string]func(here, there net.Conn) error{
		"a byte":                 func(_, there net.Conn) error { _, err := there.Write([]byte{1}); return err },
		"the end":                func(_, there net.Conn) error { return there.Close() },
		"a close of our own":     func(here, _ net.Conn) error { return here.Close() },
		"the read deadline":      func(here, _ net.Conn) error { return here.SetReadDeadline(time.Now()) },
		"a deadline to come now": func(here, _ net.Conn) error { return here.SetReadDeadline(time.Now().Add(time.Millisecond)) },
	} {
		for _, early := range []bool{true, false} {
			g := NewWithT(t)
			here, there := pipes(t, 1)
			over := make(chan struct{})
			wait := func() {
				newReadable(here[0]).wait()
				close(over)
			}
			if early {
				g.Expect(cause(here[0], there[0])).To(Succeed())
				go wait()
			} else {
				go wait()
				g.Consistently(over, "20ms").ShouldNot(BeClosed())
				g.Expect(cause(here[0], there[0])).To(Succeed())
			}
			g.Eventually(over).WithTimeout(30*time.Second).Should(BeClosed(), rule)
		}
	}
}
