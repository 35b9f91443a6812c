package measure

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc/PID/stat; it is 10 ms on every Linux of
// today, whatever the kernel's own frequency.
const tick = 10 * time.Millisecond

var errFormat = errors.New("/proc has another form than expected")

// endedChildren reads from /proc/PID/stat the times of the children that were
// waited for: cutime and cstime, the fields 16 and 17.
func endedChildren(stat string) (time.Duration, error) {
	// The second field is a name in brackets that may hold anything.
	end := strings.LastIndexByte(stat, ')')
	if end < 0 {
		return 0, fmt.Errorf("%w: stat without a name", errFormat)
	}
	const afterName, cutime, cstime = 3, 16, 17
	fields := strings.Fields(stat[end+1:])
	if len(fields) <= cstime-afterName {
		return 0, fmt.Errorf("%w: stat has %d fields after the name", errFormat, len(fields))
	}
	var total time.Duration
	for _, field := range []int{cutime, cstime} {
		ticks, err := strconv.ParseInt(fields[field-afterName], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%w: field %d of stat: %w", errFormat, field, err)
		}
		total += time.Duration(ticks) * tick
	}
	return total, nil
}

// resident reads VmRSS from /proc/PID/status, in bytes.
func resident(status string) (int64, error) {
	const kibi = 1024
	value, err := field(status, "VmRSS")
	if err != nil {
		return 0, err
	}
	amount, err := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: VmRSS: %w", errFormat, err)
	}
	return amount * kibi, nil
}

// numbers reads a list of numbers between blanks and leaves out what is none.
func numbers(text string) []int {
	var all []int
	for _, field := range strings.Fields(text) {
		if number, err := strconv.Atoi(field); err == nil {
			all = append(all, number)
		}
	}
	return all
}

// fileSystemOf finds in /proc/self/mounts the type of the innermost mount that
// holds the folder; of two on one place the later hides the earlier.
func fileSystemOf(folder, mounts string) string {
	found, longest := "unknown", -1
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		inside, err := filepath.Rel(fields[1], folder)
		if err == nil && inside != ".." && !strings.HasPrefix(inside, "../") && len(fields[1]) >= longest {
			found, longest = fields[2], len(fields[1])
		}
	}
	return found
}
