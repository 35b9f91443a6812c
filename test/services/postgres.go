//go:build unix

package services

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Postgres gives the DSN of a fresh, empty database. Its server is started
// once per test binary, answers on the loopback address only, and keeps the
// settings that matter for speed and durability at their defaults. The database
// is dropped at the test's end.
func Postgres(tb Scope) string {
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
	postgresServer = sync.OnceValues(startSharedPostgres)
	databases      atomic.Int64
)

func startSharedPostgres() (*PostgresServer, error) {
	server, err := newPostgresServer()
	if server != nil {
		AtExit(server.remove)
	}
	return server, err
}
