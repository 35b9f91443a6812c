package redis

import (
	"io"
	"net"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
)

// gate stands between one pod and Redis. While it is shut nothing comes through.
type gate struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu          sync.Mutex
	isShut      bool
	connections []net.Conn
}

func newGate(t *testing.T, target string) *gate {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	g := &gate{listener: listener, target: target}
	g.running.Go(g.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		g.shut(true)
		g.running.Wait()
	})
	return g
}

func (g *gate) url() string { return "redis://" + g.listener.Addr().String() }

func (g *gate) accept() {
	for {
		client, err := g.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp4", g.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		g.mu.Lock()
		g.connections = append(g.connections, client, server)
		if g.isShut {
			_, _ = client.Close(), server.Close()
		}
		g.mu.Unlock()
		for from, to := range map[net.Conn]net.Conn{client: server, server: client} {
			g.running.Go(func() {
				_, _ = io.Copy(to, from)
				_, _ = to.Close(), from.Close()
			})
		}
	}
}

func (g *gate) shut(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.isShut = shut
	if !shut {
		return
	}
	for _, one := range g.connections {
		_ = one.Close()
	}
	g.connections = nil
}
