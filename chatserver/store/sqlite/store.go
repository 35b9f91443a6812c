package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the database/sql driver

	"github.com/parley-chat/parley/chatserver/store"
)

const (
	transactionTime = 5 * time.Second
	// busyTime is how long a writer waits for one of another process.
	busyTime = 5 * time.Second
	readers  = 4
	// driverName is that of modernc.org/sqlite.
	driverName = "sqlite"
)

// Options say where a project's data is.
type Options struct {
	Path string // the file; its folder exists
	// Project is the UID of the project that the data belongs to. The first
	// Open of a file binds it to its project.
	Project string
	Logger  *slog.Logger

	// driver replaces driverName in tests that look at the statements.
	driver string
}

// Store is a store.Store. Open makes it.
type Store struct {
	writer *sql.DB // of one connection
	reader *sql.DB
	now    func() time.Time

	// running is held for reading by each call, and for writing by Close.
	running sync.RWMutex
	closed  bool
}

var _ store.Store = (*Store)(nil)

// Open makes the file if it is missing, readable by its owner only, brings its
// schema up to date and opens it. A file of another project is refused.
func Open(ctx context.Context, options Options) (*Store, error) {
	if options.Path == "" || options.Project == "" {
		return nil, errors.New("an SQLite store needs a path and a project")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.driver == "" {
		options.driver = driverName
	}
	path, err := filepath.Abs(options.Path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", options.Path, err)
	}
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	opened := &Store{now: time.Now}
	if opened.writer, err = openConnections(options.driver, path, 1, url.Values{"_txlock": {"immediate"}}); err != nil {
		return nil, err
	}
	if opened.reader, err = openConnections(options.driver, path, readers, url.Values{"_pragma": {"query_only(1)"}}); err != nil {
		return nil, errors.Join(err, opened.writer.Close())
	}
	if err := prepareFile(ctx, opened, options); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return opened, nil
}

// makePrivate makes the file before SQLite does, which would let everybody read
// it. SQLite gives its further files the mode of the first.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	if err := errors.Join(file.Chmod(0o600), file.Close()); err != nil {
		return fmt.Errorf("keep the database private: %w", err)
	}
	return nil
}

func openConnections(driver, path string, most int, query url.Values) (*sql.DB, error) {
	for _, pragma := range []string{
		fmt.Sprintf("busy_timeout(%d)", busyTime.Milliseconds()),
		"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	} {
		query.Add("_pragma", pragma)
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	database, err := sql.Open(driver, name.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	database.SetMaxOpenConns(most)
	database.SetMaxIdleConns(most)
	return database, nil
}

// Ping reports whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	return s.read(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var one int
		return tx.QueryRowContext(ctx, "SELECT 1 FROM meta").Scan(&one)
	})
}

// Close waits for running calls and closes the file. Later calls fail.
func (s *Store) Close() error {
	s.running.Lock()
	defer s.running.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return errors.Join(s.reader.Close(), s.writer.Close())
}
