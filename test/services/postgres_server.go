//go:build unix

package services

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/parley-chat/parley/test/process"
)

const (
	postgresUser      = "parley"
	postgresStartTime = time.Minute
	postgresAttempts  = 3 // with another port each
)

// PostgresServer is a PostgreSQL server of its own folder, which keeps its data
// when it is stopped and started again. It answers on the loopback address only,
// and keeps the settings that matter for speed and durability at their defaults.
// Its methods are not safe for concurrent use.
type PostgresServer struct {
	programs   string // the folder of the programs
	folder     string // holds the data in a folder of its own
	credential *syscall.Credential
	port       int
	process    *process.Process
}

// OwnPostgres starts a server that ends with the scope, for those who stop it or
// count what it costs.
func OwnPostgres(scope Scope) *PostgresServer {
	scope.Helper()
	server, err := newPostgresServer()
	if server != nil {
		scope.Cleanup(server.remove)
	}
	if err != nil {
		scope.Fatal(err)
	}
	return server
}

// DSN is the connection string of the server's own database.
func (p *PostgresServer) DSN() string { return p.dsn("postgres") }

// Addr is the server's host and port.
func (p *PostgresServer) Addr() string { return "127.0.0.1:" + strconv.Itoa(p.port) }

// PID is the process that is the parent of the server's others.
func (p *PostgresServer) PID() int { return p.process.PID() }

// Stop ends the server as a crash would: nothing is finished, and the next start
// recovers from the log.
func (p *PostgresServer) Stop(scope Scope) {
	scope.Helper()
	p.process.Stop()
}

// Start starts a stopped server again on the same port and waits until it takes
// connections.
func (p *PostgresServer) Start(scope Scope) {
	scope.Helper()
	if err := p.start(); err != nil {
		scope.Fatal(err)
	}
}

// Copy makes a standby of the running server as it is now, which is not started:
// what is committed afterwards is not in it.
func (p *PostgresServer) Copy(scope Scope) *PostgresServer {
	scope.Helper()
	folder, err := p.newFolder()
	if err != nil {
		scope.Fatal(err)
	}
	standby := &PostgresServer{programs: p.programs, folder: folder, credential: p.credential, port: p.port}
	scope.Cleanup(standby.remove)
	if err := p.run("pg_basebackup", "--pgdata="+standby.data(), "--dbname="+p.DSN(), "--checkpoint=fast", "--wal-method=stream"); err != nil {
		scope.Fatal(err)
	}
	return standby
}

// Promote starts a stopped copy in the place of the server that it was made of,
// which must be stopped, and makes it the primary.
func (p *PostgresServer) Promote(scope Scope) {
	scope.Helper()
	signal := filepath.Join(p.data(), "standby.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		scope.Fatal(err)
	}
	if err := giveTo(p.credential, signal); err != nil {
		scope.Fatal(err)
	}
	p.Start(scope)
	if err := p.execute(scope.Context(), "SELECT pg_promote()"); err != nil {
		scope.Fatal(err)
	}
}

// newPostgresServer makes a new cluster in a temporary folder and serves it. The
// server is returned with an error too, once there is something to remove.
func newPostgresServer() (*PostgresServer, error) {
	folders := []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	}
	initdb, err := findProgram("initdb", folders...)
	if err != nil {
		return nil, err
	}
	if initdb, err = filepath.EvalSymlinks(initdb); err != nil {
		return nil, fmt.Errorf("find PostgreSQL's programs: %w", err)
	}
	server := &PostgresServer{programs: filepath.Dir(initdb)}
	if server.credential, err = unprivileged(); err != nil {
		return nil, err
	}
	if server.folder, err = server.newFolder(); err != nil {
		return nil, err
	}
	if err := server.run("initdb", "--pgdata="+server.data(), "--username="+postgresUser,
		"--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"); err != nil {
		return server, err
	}
	for attempt := 1; ; attempt++ {
		if server.port, err = process.FreePort(); err != nil {
			return server, err
		}
		if err = server.start(); err == nil || attempt == postgresAttempts {
			return server, err
		}
	}
}

// newFolder makes a folder that the server may use, also when its user is not
// that of the tests.
func (p *PostgresServer) newFolder() (string, error) {
	folder, err := os.MkdirTemp("", "parley-postgres-")
	if err != nil {
		return "", fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	if err := giveTo(p.credential, folder); err != nil {
		return "", fmt.Errorf("hand %s to the database's user: %w", folder, err)
	}
	return folder, nil
}

func (p *PostgresServer) data() string { return filepath.Join(p.folder, "data") }

// run runs one of PostgreSQL's programs to its end.
func (p *PostgresServer) run(program string, arguments ...string) error {
	command := exec.Command(filepath.Join(p.programs, program), arguments...)
	command.Dir = p.folder
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.credential}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output)
	}
	return nil
}

func (p *PostgresServer) start() error {
	started, err := process.Start(process.Options{
		Program: filepath.Join(p.programs, "postgres"),
		Arguments: []string{
			"-D", p.data(), "-p", strconv.Itoa(p.port),
			"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200",
		},
		Folder: p.folder, Credential: p.credential, StopSignal: syscall.SIGQUIT,
	})
	if err != nil {
		return err
	}
	p.process = started
	if err := p.waitUntilReady(); err != nil {
		started.Stop()
		return err
	}
	return nil
}

// remove ends the server and deletes its data.
func (p *PostgresServer) remove() {
	if p.process != nil {
		p.process.Stop()
	}
	_ = os.RemoveAll(p.folder) // what is left in the temporary folder hurts nobody
}

// waitUntilReady returns once the server takes connections.
func (p *PostgresServer) waitUntilReady() error {
	err := process.Poll(postgresStartTime, p.process.Exited(), func(ctx context.Context) error {
		return p.execute(ctx, "SELECT")
	})
	if err != nil {
		return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, p.process.Output())
	}
	return nil
}

func (p *PostgresServer) dsn(database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s?sslmode=disable", postgresUser, p.port, database)
}

// execute runs one statement on a connection of its own.
func (p *PostgresServer) execute(ctx context.Context, statement string) error {
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
