package server

import (
	"context"

	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/presence/memory"
	"github.com/parley-chat/parley/chatserver/presence/redis"
)

// presence makes this pod's part in the project's presence: in Redis where the
// bus is, else for this process alone.
func (s *server) presence(ctx context.Context, pod uint64) func(presence.Announcer) (presence.Registry, error) {
	return func(announcer presence.Announcer) (presence.Registry, error) {
		if s.redis == nil {
			s.registerPresenceHealth(func() bool { return true })
			return memory.NewNetwork(memory.Options{}).Join(announcer), nil
		}
		registry, err := redis.Open(ctx, redis.Options{
			Client: s.redis, Project: s.configuration.Project.UID, Pod: pod, Announcer: announcer, Logger: s.logger,
		})
		if err != nil {
			return nil, err
		}
		s.registerPresenceHealth(registry.Healthy)
		return registry, nil
	}
}
