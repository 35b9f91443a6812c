package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/parley-chat/parley/chatserver/bus"
)

// Options say which Redis carries the bus of which project.
type Options struct {
	// URLs gives one redis:// or rediss:// URL for a standalone Redis, or
	// several that name nodes of a Cluster. The addresses are taken once; the
	// name and password of the first are read again for every connection.
	URLs func(context.Context) ([]string, error)
	// Project is the project's UID. It is part of every channel's name.
	Project  string
	Receiver bus.Receiver
	Logger   *slog.Logger

	// Timeout bounds a connect, a read, a write and a whole Publish. An answer on a
	// connection of subscriptions that takes longer makes the bus unhealthy. 1 s
	// when zero.
	Timeout time.Duration
	// ProbeInterval is how long a connection may be silent before it has to
	// prove that it carries messages: a pod that only listens has no other way to
	// notice that Redis hangs. 1 s when zero.
	ProbeInterval time.Duration
	// ReplyTimeout is how long an answer on a connection of subscriptions may
	// take before the connection is replaced. 2 s when zero.
	ReplyTimeout time.Duration
	// MinBackoff and MaxBackoff bound the pauses between attempts to build a
	// connection. 50 ms and 2 s when zero.
	MinBackoff, MaxBackoff time.Duration
}

func (o Options) withDefaults() Options {
	for _, setting := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&o.Timeout, time.Second},
		{&o.ProbeInterval, time.Second},
		{&o.ReplyTimeout, 2 * time.Second},
		{&o.MinBackoff, 50 * time.Millisecond},
		{&o.MaxBackoff, 2 * time.Second},
	} {
		if *setting.value <= 0 {
			*setting.value = setting.standard
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// credentials reads the name and password that connections authenticate with now.
func (o Options) credentials(ctx context.Context) (string, string, error) {
	parsed, err := o.parse(ctx)
	if err != nil {
		return "", "", err
	}
	return parsed[0].Username, parsed[0].Password, nil
}

// parse reads the URLs. Its errors never quote one, because it may hold a password.
func (o Options) parse(ctx context.Context) ([]*goredis.Options, error) {
	urls, err := o.URLs(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the bus's URLs: %w", err)
	}
	if len(urls) == 0 {
		return nil, errors.New("the bus has no URL")
	}
	var parsed []*goredis.Options
	for i, text := range urls {
		one, err := goredis.ParseURL(text)
		if err != nil {
			return nil, fmt.Errorf("URL %d of the bus is not a redis:// or rediss:// URL", i+1)
		}
		parsed = append(parsed, one)
	}
	return parsed, nil
}

// connection gives the settings of every connection, to whichever address.
func (o Options) connection(first *goredis.Options) *goredis.Options {
	return &goredis.Options{
		Network:                    first.Network,
		Addr:                       first.Addr,
		TLSConfig:                  first.TLSConfig,
		CredentialsProviderContext: o.credentials,
		// RESP2: what a subscription answers is then the same on every version.
		Protocol:     2,
		DialTimeout:  o.Timeout,
		ReadTimeout:  o.Timeout,
		WriteTimeout: o.Timeout,
		PoolTimeout:  o.Timeout,
		// Publish is at most once, so nothing is tried again below it.
		MaxRetries:               -1,
		DialerRetries:            1,
		ContextTimeoutEnabled:    true,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// anyServer gives TLS settings that check each node under its own name.
func anyServer(settings *tls.Config) *tls.Config {
	if settings == nil {
		return nil
	}
	settings = settings.Clone()
	settings.ServerName = ""
	return settings
}
