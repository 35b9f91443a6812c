package server

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/memory"
	"github.com/parley-chat/parley/chatserver/bus/redis"
	"github.com/parley-chat/parley/chatserver/store"
	"github.com/parley-chat/parley/chatserver/store/postgres"
	"github.com/parley-chat/parley/chatserver/store/sqlite"
)

// openPause lies between attempts to open the store at the start: a database
// that comes up beside the server is met without a crash.
const openPause = 500 * time.Millisecond

func (s *server) openStore(ctx context.Context) (store.Store, error) {
	settings := s.configuration.Store
	if settings.Engine == "sqlite" {
		opened, err := sqlite.Open(ctx, sqlite.Options{Path: settings.Path, Project: s.configuration.Project.UID, Logger: s.logger})
		if err != nil {
			return nil, fmt.Errorf("open the store: %w", err)
		}
		return opened, nil
	}
	for {
		opened, err := postgres.Open(ctx, postgres.Options{
			DSN:    func(context.Context) (string, error) { return readLine(settings.DSNFile) },
			Schema: settings.Schema, Project: s.configuration.Project.UID, Logger: s.logger,
		})
		if err == nil {
			return opened, nil
		}
		if !store.IsRetryable(err) {
			return nil, fmt.Errorf("open the store: %w", err)
		}
		s.logger.Warn("open the store; trying again", "error", err)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("open the store: %w", ctx.Err())
		case <-time.After(openPause):
		}
	}
}

func (s *server) openBus(ctx context.Context) (bus.Bus, error) {
	return disturbed(s.hub, s.logger, func(receiver bus.Receiver) (bus.Bus, error) { return s.openEngine(ctx, receiver) })
}

func (s *server) openEngine(ctx context.Context, receiver bus.Receiver) (bus.Bus, error) {
	settings := s.configuration.Bus
	if settings.Engine == "memory" {
		return memory.New(receiver), nil
	}
	opened, err := redis.Open(ctx, redis.Options{
		URLs:    func(context.Context) ([]string, error) { return readLines(settings.URLFile) },
		Project: s.configuration.Project.UID, Receiver: receiver, Logger: s.logger,
	})
	if err != nil {
		return nil, fmt.Errorf("open the bus: %w", err)
	}
	return opened, nil
}

func readLine(path string) (string, error) {
	lines, err := readLines(path)
	if err != nil {
		return "", err
	}
	return lines[0], nil
}

// readLines returns the non-empty lines of a small file.
func readLines(path string) ([]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a connection string: %w", err)
	}
	lines := strings.Fields(string(content))
	if len(lines) == 0 {
		return nil, fmt.Errorf("read a connection string: %s is empty", path)
	}
	return lines, nil
}
