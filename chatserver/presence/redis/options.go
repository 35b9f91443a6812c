package redis

import (
	"errors"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/presence"
)

// Options say which Redis holds the presence of which project.
type Options struct {
	// Client is the caller's, and outlives the registry. It must heed the
	// deadlines of contexts (ContextTimeoutEnabled).
	Client goredis.UniversalClient
	// Project is the project's UID. It is part of every key.
	Project string
	// Pod tells this pod from every other one, those before a restart included.
	Pod       uint64
	Announcer presence.Announcer
	Logger    *slog.Logger

	// Expiry is how long a pod that died keeps its users online, and Refresh how
	// often a pod renews what it holds. The contract's defaults when zero.
	Expiry, Refresh time.Duration
}

const (
	// timeout bounds each question to Redis, and so every method.
	timeout = 200 * time.Millisecond
	// retryInterval is how often a partition that failed is tried again.
	retryInterval = time.Second
)

func (o Options) withDefaults() Options {
	if o.Expiry <= 0 {
		o.Expiry = presence.DefaultExpiry
	}
	if o.Refresh <= 0 {
		o.Refresh = presence.DefaultRefresh
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	if o.Client == nil || o.Project == "" || o.Announcer == nil {
		return errors.New("open presence: Client, Project and Announcer are required")
	}
	if o.Expiry < 2*o.Refresh {
		return errors.New("open presence: Expiry must be at least twice Refresh, or a single late refresh loses users")
	}
	heeds := true
	switch client := o.Client.(type) {
	case *goredis.Client:
		heeds = client.Options().ContextTimeoutEnabled
	case *goredis.ClusterClient:
		heeds = client.Options().ContextTimeoutEnabled
	}
	if !heeds {
		return errors.New("open presence: the Client must have ContextTimeoutEnabled, or a Redis that hangs would hang its callers")
	}
	return nil
}
