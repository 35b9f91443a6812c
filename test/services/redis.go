//go:build unix

package services

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/test/process"
)

const (
	redisStartTime = time.Minute
	redisAttempts  = 3 // with another port each
)

// RedisServer is a redis-server that one test owns. It keeps nothing on disk,
// so a server that was stopped and started again is empty. Its methods are not
// safe for concurrent use.
type RedisServer struct {
	folder    string
	port      int
	arguments []string
	process   *process.Process
}

// Redis starts a standalone server that ends with the test.
func Redis(tb Scope) *RedisServer {
	tb.Helper()
	server, err := newRedisServer(tb, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return server
}

// newRedisServer starts a server on a free port. The extra arguments may depend
// on the port, which is why they are made for each attempt.
func newRedisServer(tb Scope, extra func() ([]string, error)) (*RedisServer, error) {
	for attempt := 1; ; attempt++ {
		port, err := process.FreePort()
		if err != nil {
			return nil, err
		}
		server := &RedisServer{folder: tb.TempDir(), port: port}
		if extra != nil {
			if server.arguments, err = extra(); err != nil {
				return nil, err
			}
		}
		err = server.start()
		if err == nil {
			tb.Cleanup(server.kill)
			return server, nil
		}
		server.kill()
		if attempt == redisAttempts {
			return nil, err
		}
	}
}

// Addr is the server's host and port.
func (r *RedisServer) Addr() string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port))
}

// PID is the server's process.
func (r *RedisServer) PID() int { return r.process.PID() }

// URL is the server's address as a redis:// URL.
func (r *RedisServer) URL() string { return "redis://" + r.Addr() }

// Stop kills the server, as a crash would.
func (r *RedisServer) Stop(tb Scope) {
	tb.Helper()
	r.kill()
}

// Start starts a stopped server again on the same port and waits until it
// answers.
func (r *RedisServer) Start(tb Scope) {
	tb.Helper()
	if err := r.start(); err != nil {
		tb.Fatal(err)
	}
}

// Pause keeps the server from running, while its connections stay open.
func (r *RedisServer) Pause(tb Scope) {
	tb.Helper()
	r.signal(tb, syscall.SIGSTOP)
}

// Resume lets a paused server run again.
func (r *RedisServer) Resume(tb Scope) {
	tb.Helper()
	r.signal(tb, syscall.SIGCONT)
}

func (r *RedisServer) signal(tb Scope, signal syscall.Signal) {
	tb.Helper()
	if err := r.process.Signal(signal); err != nil {
		tb.Fatal(err)
	}
}

func (r *RedisServer) start() error {
	program, err := findProgram("redis-server")
	if err != nil {
		return err
	}
	arguments := append([]string{
		"--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.folder,
		"--save", "", "--appendonly", "no", "--daemonize", "no",
	}, r.arguments...)
	started, err := process.Start(process.Options{
		Program: program, Arguments: arguments, Folder: r.folder,
		// Killing is the honest end for a server that tests must survive, and
		// the one signal that a paused server obeys.
		StopSignal: syscall.SIGKILL,
	})
	if err != nil {
		return err
	}
	r.process = started
	return r.waitUntilReady()
}

func (r *RedisServer) kill() {
	if r.process != nil {
		r.process.Stop()
	}
}

func (r *RedisServer) waitUntilReady() error {
	client := r.client()
	// The answer to the ping is what counts.
	defer func() { _ = client.Close() }()
	err := process.Poll(redisStartTime, r.process.Exited(), func(ctx context.Context) error {
		return client.Ping(ctx).Err()
	})
	if err != nil {
		return fmt.Errorf("redis-server on port %d does not answer: %w\n%s", r.port, err, r.process.Output())
	}
	return nil
}

// client returns a client of its own to the server; the caller closes it.
func (r *RedisServer) client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: r.Addr(), Protocol: 2, MaxRetries: -1, DialerRetries: 1, DisableIdentity: true,
	})
}
