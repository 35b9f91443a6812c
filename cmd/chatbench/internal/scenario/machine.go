package scenario

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
)

// Machine says what the numbers of this run depend on.
func (b *Bench) Machine(ctx context.Context) (report.Machine, error) {
	host, err := measure.ReadHost()
	if err != nil {
		return report.Machine{}, err
	}
	machine := report.Machine{
		Date: time.Now().UTC().Format(time.DateOnly), Processor: host.Processor, Processors: runtime.NumCPU(),
		MemoryGiB: float64(host.Memory) / kibi / kibi / kibi, Kernel: host.Kernel, Load: b.load, Go: runtime.Version(),
	}
	commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return machine, fmt.Errorf("name the commit: %w", err)
	}
	machine.Commit = strings.TrimSpace(string(commit))
	redis, err := exec.CommandContext(ctx, "redis-server", "--version").Output()
	if err != nil {
		return machine, fmt.Errorf("ask for the version of Redis: %w", err)
	}
	version := regexp.MustCompile(`v=(\S+)`).FindSubmatch(redis)
	if version == nil {
		return machine, fmt.Errorf("%w: %s", errNoVersion, redis)
	}
	machine.Redis = string(version[1])
	return machine, b.describePostgres(ctx, &machine)
}

var errNoVersion = errors.New("redis-server does not tell its version")

func (b *Bench) describePostgres(ctx context.Context, machine *report.Machine) error {
	connection, err := pgx.Connect(ctx, b.postgres.DSN())
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { _ = connection.Close(ctx) }() // the answers are what counts
	var folder string
	for setting, into := range map[string]*string{
		"server_version": &machine.Postgres, "fsync": &machine.Fsync,
		"synchronous_commit": &machine.SynchronousCommit, "data_directory": &folder,
	} {
		if err := connection.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(into); err != nil {
			return fmt.Errorf("read %s of PostgreSQL: %w", setting, err)
		}
	}
	machine.FileSystem, err = measure.FileSystem(folder)
	return err
}
