package native

import (
	"net"
	"sync/atomic"
	"time"
)

// deadlineSlack is how much earlier a deadline of a connection may come. To move
// it costs as much as a tenth of a write, and it moves with every frame.
const deadlineSlack = 2 * time.Second

// Listen has the connections of a listener move their deadlines now and then
// only: they come up to two seconds early.
func Listen(listener net.Listener) net.Listener { return slackListener{listener} }

type slackListener struct{ net.Listener }

func (l slackListener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if tcp, ok := accepted.(*net.TCPConn); ok {
		return &connection{TCPConn: tcp}, err
	}
	return accepted, err
}

// connection has deadlines that are set only when they are not about right
// already. Two goroutines that set the same deadline at once may leave either.
type connection struct {
	*net.TCPConn
	read, write atomic.Int64 // Unix nanoseconds of what was set last, or 0
}

// SetDeadline sets both, as they are given.
func (c *connection) SetDeadline(deadline time.Time) error {
	c.read.Store(nanoseconds(deadline))
	c.write.Store(nanoseconds(deadline))
	return c.TCPConn.SetDeadline(deadline)
}

// SetReadDeadline is up to deadlineSlack early.
func (c *connection) SetReadDeadline(deadline time.Time) error {
	if aboutRight(&c.read, deadline) {
		return nil
	}
	return c.TCPConn.SetReadDeadline(deadline)
}

// SetWriteDeadline is up to deadlineSlack early.
func (c *connection) SetWriteDeadline(deadline time.Time) error {
	if aboutRight(&c.write, deadline) {
		return nil
	}
	return c.TCPConn.SetWriteDeadline(deadline)
}

// aboutRight notes a deadline, unless the one before it will do.
func aboutRight(noted *atomic.Int64, deadline time.Time) bool {
	wanted, present := nanoseconds(deadline), noted.Load()
	if wanted != 0 && present != 0 && present <= wanted && wanted-present < int64(deadlineSlack) {
		return true
	}
	noted.Store(wanted)
	return false
}

func nanoseconds(moment time.Time) int64 {
	if moment.IsZero() {
		return 0
	}
	return moment.UnixNano()
}
