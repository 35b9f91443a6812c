package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/parley-chat/parley/chatserver/ratelimit"
	redisrates "github.com/parley-chat/parley/chatserver/ratelimit/redis"
)

// redisTimeout bounds a connect, a read and a write of what the parts beside
// the bus ask of Redis.
const redisTimeout = time.Second

// openRedis makes the client that all parts but the bus share. It connects when
// it is first used, so that a Redis which is away does not keep the server from
// starting.
func (s *server) openRedis() error {
	if s.configuration.Bus.Engine != "redis" {
		return nil
	}
	parsed, err := s.redisURLs()
	if err != nil {
		return fmt.Errorf("open Redis: %w", err)
	}
	settings := &goredis.UniversalOptions{
		TLSConfig: parsed[0].TLSConfig,
		// Read again for every connection: passwords change while it runs.
		CredentialsProviderContext: func(context.Context) (string, string, error) {
			now, err := s.redisURLs()
			if err != nil {
				return "", "", err
			}
			return now[0].Username, now[0].Password, nil
		},
		Protocol:    2,
		DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout, PoolTimeout: redisTimeout,
		// Its users count; what may have been done is not done again.
		MaxRetries: -1, DialerRetries: 1,
		ContextTimeoutEnabled:    true,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		DB:                       parsed[0].DB,
		IsClusterMode:            len(parsed) > 1,
	}
	for _, one := range parsed {
		settings.Addrs = append(settings.Addrs, one.Addr)
	}
	if settings.IsClusterMode {
		settings.TLSConfig = anyServer(settings.TLSConfig)
	}
	s.redis = goredis.NewUniversalClient(settings)
	return nil
}

// redisURLs reads the file that the bus reads too. Its errors never quote a
// URL, because it may hold a password.
func (s *server) redisURLs() ([]*goredis.Options, error) {
	lines, err := readLines(s.configuration.Bus.URLFile)
	if err != nil {
		return nil, err
	}
	parsed := make([]*goredis.Options, len(lines))
	for i, text := range lines {
		if parsed[i], err = goredis.ParseURL(text); err != nil {
			return nil, fmt.Errorf("URL %d of Redis is not a redis:// or rediss:// URL", i+1)
		}
	}
	return parsed, nil
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

// openRates makes the limiter of this pod, and with Redis has it count together
// with the others.
func (s *server) openRates() {
	local := ratelimit.NewLocal(s.configuration.Limits, clock())
	s.rates = ratelimit.NewProject(local, s.registry)
	if s.redis != nil {
		s.exchange = redisrates.Start(redisrates.Options{
			Local: local, Client: s.redis, Project: s.configuration.Project.UID, Logger: s.logger,
		})
	}
}

// closeRedis ends what uses the client before the client.
func (s *server) closeRedis() error {
	if s.redis == nil {
		return nil
	}
	s.exchange.Close()
	if err := s.redis.Close(); err != nil {
		return fmt.Errorf("close Redis: %w", err)
	}
	return nil
}
