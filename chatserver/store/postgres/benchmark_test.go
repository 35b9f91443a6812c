package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/storetest"
	"github.com/parley-chat/parley/test/services"
)

// BenchmarkAppend reports besides the rate what a message costs in this process
// and in all processes of PostgreSQL, of which only Linux tells.
func BenchmarkAppend(b *testing.B) {
	postmaster := postmasterOf(b, services.Postgres(b))
	storetest.BenchmarkAppend(b, func(b *testing.B) store.Store {
		return openIn(b, Options{DSN: dsn(services.Postgres(b)), Schema: "project", Project: "uid-1"})
	}, storetest.Meter{Name: "go", Read: ownTime}, storetest.Meter{Name: "postgres", Read: func() (time.Duration, error) {
		return treeTime(postmaster)
	}})
}

// ownTime is the processor time of this process.
func ownTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, fmt.Errorf("read the own processor time: %w", err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), nil
}

// postmasterOf gives the process whose children serve a database.
func postmasterOf(b *testing.B, database string) int {
	b.Helper()
	g := NewWithT(b)
	connection, err := pgx.Connect(b.Context(), database)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(connection.Close(b.Context())).To(Succeed()) }()
	var backend int
	g.Expect(connection.QueryRow(b.Context(), "SELECT pg_backend_pid()").Scan(&backend)).To(Succeed())
	status, err := readStatus(strconv.Itoa(backend))
	g.Expect(err).NotTo(HaveOccurred())
	return status.parent
}

// treeTime is the processor time of a process and of all its children, those
// that have ended included.
func treeTime(root int) (time.Duration, error) {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, fmt.Errorf("list the processes: %w", err)
	}
	var total time.Duration
	for _, process := range processes {
		status, err := readStatus(filepath.Base(process))
		switch {
		case err != nil: // it has ended since
		case filepath.Base(process) == strconv.Itoa(root):
			total += status.spent + status.ofEnded
		case status.parent == root:
			total += status.spent
		}
	}
	return total, nil
}

// processStatus is a part of what /proc tells of a process.
type processStatus struct {
	parent         int
	spent, ofEnded time.Duration
}

func readStatus(process string) (processStatus, error) {
	line, err := os.ReadFile(filepath.Join("/proc", process, "stat"))
	if err != nil {
		return processStatus{}, fmt.Errorf("read the status of process %s: %w", process, err)
	}
	// The name in parentheses may hold spaces. Field 3 is the first after it.
	fields := strings.Fields(string(line[strings.LastIndexByte(string(line), ')')+1:]))
	number := func(field int) int {
		value, _ := strconv.Atoi(fields[field-3]) // the kernel writes numbers
		return value
	}
	const tick = time.Second / 100 // of USER_HZ, the same on all machines
	return processStatus{
		parent:  number(4),
		spent:   time.Duration(number(14)+number(15)) * tick,
		ofEnded: time.Duration(number(16)+number(17)) * tick,
	}, nil
}
