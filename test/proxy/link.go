package proxy

import (
	"net"
	"sync"
	"sync/atomic"
)

// link is one connection: a client's to the proxy, and the proxy's to the server.
type link struct {
	client, server net.Conn
	inspector      Inspector
	silent         atomic.Bool
	ended          chan struct{} // closed by end
	once           sync.Once
}

// forward carries one direction to its end. A silent link carries nothing, not
// even the news that a side has closed.
func (p *Proxy) forward(l *link, to, from net.Conn, inspect func([]byte) Verdict) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.open(l) || l.silent.Load() {
			if err != nil {
				return
			}
			continue
		}
		if err != nil {
			l.end()
			return
		}
		switch inspect(buffer[:n]) {
		case Swallow:
			continue
		case Cut:
			l.reset()
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			l.end()
			return
		}
	}
}

// end closes both sides.
func (l *link) end() {
	l.once.Do(func() {
		close(l.ended)
		_, _ = l.client.Close(), l.server.Close()
	})
}

// reset ends the link without what is still unsent, as a crash of either side
// would.
func (l *link) reset() {
	for _, side := range []net.Conn{l.client, l.server} {
		if connection, ok := side.(*net.TCPConn); ok {
			_ = connection.SetLinger(0) // fails when it is closed, which is what is wanted
		}
	}
	l.end()
}
