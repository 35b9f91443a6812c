//go:build unix

package services

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// Main runs a test binary's tests, then ends every server that they started,
// and exits. Call it from TestMain. The checks are about all tests together: they
// run when every test passed, and an error fails the binary.
func Main(m *testing.M, checks ...func() error) {
	running.mu.Lock()
	running.main = true
	running.mu.Unlock()
	code := m.Run()
	stopAll()
	for _, check := range checks {
		if code != 0 {
			break
		}
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// running is what this test binary has to end. A test binary is one program
// with one set of servers, so it is the one thing here that belongs to the
// process and not to a test.
var running struct {
	mu    sync.Mutex
	main  bool
	stops []func()
}

// requireMain fails a test whose binary would leave its servers behind.
func requireMain(tb Scope) {
	tb.Helper()
	running.mu.Lock()
	defer running.mu.Unlock()
	if !running.main {
		tb.Fatal("add func TestMain(m *testing.M) { services.Main(m) } to this package, so that the servers which its tests start are stopped")
	}
}

// AtExit has Main call stop, the latest first.
func AtExit(stop func()) {
	running.mu.Lock()
	defer running.mu.Unlock()
	running.stops = append(running.stops, stop)
}

func stopAll() {
	running.mu.Lock()
	defer running.mu.Unlock()
	for i := len(running.stops) - 1; i >= 0; i-- {
		running.stops[i]()
	}
	running.stops = nil
}
