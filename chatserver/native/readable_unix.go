//go:build unix

package native

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// readable tells when a connection has something to read.
type readable struct {
	raw   syscall.RawConn // nil: it cannot be told
	check func(fd uintptr) bool
	asked bool
}

func newReadable(connection net.Conn) *readable {
	r := new(readable)
	if system, ok := connection.(syscall.Conn); ok {
		if raw, err := system.SyscallConn(); err == nil {
			r.raw, r.check = raw, r.ready
		}
	}
	return r
}

// wait returns once there is something to read, an error or the end included, or
// the read deadline is over. It stays within the 2 KiB of stack that a goroutine
// begins with. One goroutine at a time calls it.
func (r *readable) wait() {
	if r.raw == nil {
		return
	}
	r.asked = false
	// Whoever reads gets the same error.
	_ = r.raw.Read(r.check)
}

// ready looks once: when it is called again, something has come.
func (r *readable) ready(fd uintptr) bool {
	if r.asked {
		return true
	}
	r.asked = true
	waiting := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	found, err := unix.Poll(waiting[:], 0)
	return found > 0 || err != nil
}
