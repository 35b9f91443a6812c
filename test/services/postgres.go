//go:build unix

package services

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	postgresUser      = "parley"
	postgresStartTime = time.Minute
	postgresAttempts  = 3 // with another port each
)

// Postgres gives the DSN of a fresh, empty database. Its server is started
// once per test binary, answers on the loopback address only, and keeps the
// settings that matter for speed and durability at their defaults. The database
// is dropped at the test's end.
func Postgres(tb testing.TB) string {
	tb.Helper()
	requireMain(tb)
	server, err := postgresServer()
	if err != nil {
		tb.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := server.execute(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// The test's own context has ended by now.
		if err := server.execute(context.WithoutCancel(tb.Context()), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Error(err)
		}
	})
	return server.dsn(name)
}

var (
	postgresServer = sync.OnceValues(startPostgres)
	databases      atomic.Int64
)

// postgres is a PostgreSQL server that this test binary owns.
type postgres struct {
	process *process
	port    int
}

// startPostgres makes a new cluster in a temporary folder and serves it.
func startPostgres() (*postgres, error) {
	folders := []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	}
	initdb, err := findProgram("initdb", folders...)
	if err != nil {
		return nil, err
	}
	server, err := findProgram("postgres", filepath.Dir(initdb), folders[0], folders[1], folders[2], folders[3])
	if err != nil {
		return nil, err
	}
	credential, err := unprivileged()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "parley-postgres-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	atExit(func() { _ = os.RemoveAll(folder) })
	if err := giveTo(credential, folder); err != nil {
		return nil, fmt.Errorf("hand %s to the database's user: %w", folder, err)
	}
	if err := initializeCluster(initdb, folder, credential); err != nil {
		return nil, err
	}
	return servePostgres(server, folder, credential)
}

func initializeCluster(initdb, folder string, credential *syscall.Credential) error {
	command := exec.Command(initdb, "--pgdata="+folder, "--username="+postgresUser,
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
	command.Dir = folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

func servePostgres(program, folder string, credential *syscall.Credential) (*postgres, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		started, err := startProcess(processOptions{
			Program: program,
			Arguments: []string{
				"-D", folder, "-p", strconv.Itoa(port),
				"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
			},
			Folder: folder, Credential: credential, StopSignal: syscall.SIGQUIT,
		})
		if err != nil {
			return nil, err
		}
		server := &postgres{process: started, port: port}
		err = server.waitUntilReady()
		if err == nil {
			atExit(started.Stop)
			return server, nil
		}
		started.Stop()
		if attempt == postgresAttempts {
			return nil, err
		}
	}
}

// waitUntilReady returns once the server takes connections.
func (p *postgres) waitUntilReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), postgresStartTime)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		err := p.execute(ctx, "SELECT")
		if err == nil {
			return nil
		}
		select {
		case <-p.process.Exited():
			return fmt.Errorf("PostgreSQL ended while starting:\n%s", p.process.Output())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, p.process.Output())
		case <-poll.C:
		}
	}
}

func (p *postgres) dsn(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", postgresUser, p.port, database)
}

// execute runs one statement on a connection of its own.
func (p *postgres) execute(ctx context.Context, statement string) error {
	connection, err := pgx.Connect(ctx, p.dsn("postgres"))
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	// The statement's result is what counts.
	defer func() { _ = connection.Close(ctx) }()
	if _, err := connection.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
