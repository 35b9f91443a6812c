package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"slices"
	"sync"

	sqlite "modernc.org/sqlite"
)

// statements is the driver of SQLite, which notes what it is asked to run.
type statements struct {
	driver.Driver
	name string // under which it is registered

	mu     sync.Mutex
	paused bool
	texts  map[string]bool
}

// recordStatements registers a driver of its own.
func recordStatements() *statements {
	recorded := &statements{Driver: &sqlite.Driver{}, texts: map[string]bool{}}
	recorded.name = fmt.Sprintf("%s, recorded %p", driverName, recorded)
	sql.Register(recorded.name, recorded)
	return recorded
}

// unrecorded runs what is no method of the contract.
func unrecorded[T any](recorded *statements, run func() T) T {
	recorded.pause(true)
	defer recorded.pause(false)
	return run()
}

func (s *statements) pause(paused bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = paused
}

func (s *statements) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.paused {
		s.texts[text] = true
	}
}

func (s *statements) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.texts))
}

// Open opens a connection that is recorded.
func (s *statements) Open(name string) (driver.Conn, error) {
	opened, err := s.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return recordedConnection{opened.(connection), s}, nil
}

// connection is what database/sql asks of a connection, so that one that is
// recorded is used like any other.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type recordedConnection struct {
	connection
	recorded *statements
}

func (c recordedConnection) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.recorded.note(query)
	return c.connection.PrepareContext(ctx, query)
}

func (c recordedConnection) ExecContext(ctx context.Context, query string, arguments []driver.NamedValue) (driver.Result, error) {
	c.recorded.note(query)
	return c.connection.ExecContext(ctx, query, arguments)
}

func (c recordedConnection) QueryContext(ctx context.Context, query string, arguments []driver.NamedValue) (driver.Rows, error) {
	c.recorded.note(query)
	return c.connection.QueryContext(ctx, query, arguments)
}
