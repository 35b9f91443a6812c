package measure

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the time, user and system together, that all threads of a process have
// run on a processor since its start, those that ended included. It is the
// process's CPU clock, which the kernel keeps to the nanosecond; /proc/PID/stat
// counts whole ticks of 10 ms only.
func CPU(pid int) (time.Duration, error) {
	// MAKE_PROCESS_CPUCLOCK(pid, CPUCLOCK_SCHED) of the kernel's posix-timers.h.
	const sched = 2
	var clock unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|sched, &clock); err != nil {
		return 0, fmt.Errorf("read the CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(clock.Nano()), nil
}

// FamilyCPU is CPU of a process and its children, those included that ended and
// were waited for: PostgreSQL is a process per connection.
func FamilyCPU(pid int) (time.Duration, error) {
	total, err := CPU(pid)
	if err != nil {
		return 0, err
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the times of a process: %w", err)
	}
	ended, err := endedChildren(string(stat))
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, fmt.Errorf("read the children of a process: %w", err)
	}
	for _, child := range numbers(string(children)) {
		// A child may end in between; its time is then in the next reading.
		if each, err := CPU(child); err == nil {
			total += each
		}
	}
	return total + ended, nil
}

// Memory is the resident memory of a process in bytes.
func Memory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("read the memory of a process: %w", err)
	}
	return resident(string(status))
}

// FileSystem names the type of the file system that holds a folder.
func FileSystem(folder string) (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", fmt.Errorf("read the mounts: %w", err)
	}
	return fileSystemOf(folder, string(mounts)), nil
}

// ReadHost reads what the machine is.
func ReadHost() (Host, error) {
	var host Host
	for path, parse := range map[string]func(*Host, string) error{
		"/proc/cpuinfo": (*Host).parseProcessor, "/proc/meminfo": (*Host).parseMemory,
		"/proc/loadavg": (*Host).parseLoad, "/proc/sys/kernel/osrelease": (*Host).parseKernel,
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			return host, fmt.Errorf("read what the machine is: %w", err)
		}
		if err := parse(&host, string(text)); err != nil {
			return host, err
		}
	}
	return host, nil
}
