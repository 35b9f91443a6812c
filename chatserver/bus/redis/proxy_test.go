package redis

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"
)

// proxy stands between the bus and Redis. It can make the connections that
// exist silent: they stay open, and nothing comes from the server any more.
type proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu          sync.Mutex
	connections []*proxied
	closed      bool
}

type proxied struct {
	client, server net.Conn
	silent         atomic.Bool
}

func newProxy(t *testing.T, target string) *proxy {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	p := &proxy{listener: listener, target: target}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *proxy) url() string { return "redis://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp4", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		one := &proxied{client: client, server: server}
		p.mu.Lock()
		if p.closed {
			_, _ = client.Close(), server.Close()
		}
		p.connections = append(p.connections, one)
		p.mu.Unlock()
		p.running.Go(func() { one.forward(server, client, nil) })
		p.running.Go(func() { one.forward(client, server, &one.silent) })
	}
}

func (p *proxied) forward(to, from net.Conn, silent *atomic.Bool) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if silent != nil && silent.Load() {
			continue
		}
		if _, err := io.Writer(to).Write(buffer[:n]); err != nil {
			return
		}
	}
}

// silence keeps what the server sends on today's connections.
func (p *proxy) silence() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.connections {
		one.silent.Store(true)
	}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	for _, one := range p.connections {
		_, _ = one.client.Close(), one.server.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}
