package pod

import "testing"

// Observer sees the frames of one socket in the order in which its test sends
// and reads them. A test may send from several goroutines.
type Observer interface {
	Sent(frame []byte)
	Received(frame []byte)
}

// observe makes the observer of each socket. A test binary is one program that
// holds every socket to the same rules, so this belongs to the process.
var observe func(tb testing.TB) Observer

// Observe gives every socket that is opened from now on an observer. Call it from
// TestMain, before the tests.
func Observe(newObserver func(tb testing.TB) Observer) { observe = newObserver }

// unobserved is the observer of sockets that nobody watches.
type unobserved struct{}

func (unobserved) Sent([]byte)     {}
func (unobserved) Received([]byte) {}

func observerFor(tb testing.TB) Observer {
	if observe == nil {
		return unobserved{}
	}
	return observe(tb)
}
