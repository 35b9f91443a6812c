package process

import (
	"fmt"
	"net"
)

// FreePort names a loopback TCP port that nobody listened on a moment ago.
// Another process may take it first, so a server that cannot listen is started
// again on another one.
func FreePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("release port %d: %w", port, err)
	}
	return port, nil
}
