package timerslack

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

const (
	// widened is set for a process that was started anew by Widen.
	widened = "PARLEY_TIMER_SLACK_WIDENED"
	itself  = "/proc/self/exe"
)

// Widen starts the program anew, as the same process, with more slack than the 50
// µs that processes begin with. The Go runtime's monitor sleeps for 20 µs at a time
// while a process works, and begins with that again each time it wakes: where
// requests come one by one that took 15 % of the processor time. Its
// thread is there before main is, and a thread has the slack of the one that made
// it. Widen returns in a process that was started anew, and where the kernel does
// not let it. Call it first in main.
func Widen() {
	if os.Getenv(widened) != "" {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(slack.Nanoseconds()), 0, 0, 0) != nil {
		return
	}
	// It returns only when it fails: then everything goes on as it was.
	_ = unix.Exec(itself, os.Args, append(os.Environ(), widened+"=1"))
}
