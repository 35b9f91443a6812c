package proxy

import (
	"fmt"
	"net"
	"sync"

	"github.com/parley-chat/parley/test/services"
)

// Proxy listens on the loopback address and connects every client to one server.
// Its methods are safe for concurrent use.
type Proxy struct {
	target   string
	inspect  func() Inspector
	listener net.Listener
	running  sync.WaitGroup

	mu     sync.Mutex
	links  map[*link]struct{}
	gate   chan struct{} // closed while bytes may pass
	closed bool
}

// New starts a proxy that ends with the scope. The target is the server's host and
// port. Inspect makes the Inspector of each new connection; nil lets all pass.
func New(scope services.Scope, target string, inspect func() Inspector) *Proxy {
	scope.Helper()
	listener, err := new(net.ListenConfig).Listen(scope.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		scope.Fatal(fmt.Errorf("listen for clients of %s: %w", target, err))
	}
	if inspect == nil {
		inspect = func() Inspector { return passing{} }
	}
	p := &Proxy{target: target, inspect: inspect, listener: listener, links: make(map[*link]struct{}), gate: make(chan struct{})}
	close(p.gate)
	p.running.Go(p.accept)
	scope.Cleanup(p.close)
	return p
}

// Addr is the host and port that clients connect to.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Connections counts the open ones, silent ones included.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Stall holds back every byte of all connections, new ones too, until Resume.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
		p.gate = make(chan struct{})
	default: // stalled already
	}
}

// Resume lets pass what was held back, and what comes.
func (p *Proxy) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

// Silence has today's connections carry nothing any more while they stay open, as
// if each side's peer had vanished from the network. New ones work.
func (p *Proxy) Silence() {
	p.each(func(l *link) { l.silent.Store(true) })
}

// Cut resets today's connections. New ones work.
func (p *Proxy) Cut() {
	p.each((*link).reset)
}

func (p *Proxy) each(do func(*link)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		do(l)
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		p.running.Go(func() { p.connect(client) })
	}
}

// connect serves one client to the end of its connection.
func (p *Proxy) connect(client net.Conn) {
	server, err := net.Dial("tcp4", p.target)
	if err != nil {
		_ = client.Close() // the client learns of it by this
		return
	}
	l := &link{client: client, server: server, inspector: p.inspect(), ended: make(chan struct{})}
	if !p.add(l) {
		l.end()
		return
	}
	var directions sync.WaitGroup
	directions.Go(func() { p.forward(l, server, client, l.inspector.Sent) })
	directions.Go(func() { p.forward(l, client, server, l.inspector.Answered) })
	directions.Wait()
	l.end()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

func (p *Proxy) add(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

// open waits while the proxy is stalled; it reports false for a link that ended.
func (p *Proxy) open(l *link) bool {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	select {
	case <-l.ended:
		return false
	case <-gate:
		return true
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close() // nothing else closes it
	p.mu.Lock()
	p.closed = true
	for l := range p.links {
		l.end()
	}
	p.mu.Unlock()
	p.running.Wait()
}
