package redis

import (
	"context"
	"crypto/rand"
	mathrand "math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	busredis "github.com/parley-chat/parley/chatserver/bus/redis"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/presence"
	"github.com/parley-chat/parley/chatserver/presence/presencetest"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

const (
	alice model.UserID         = 1_000_000_000_001
	bob   model.UserID         = 1_000_000_000_002
	carol model.UserID         = 1_000_000_000_003
	lobby model.ConversationID = 1_000_000_000_004

	online    = presence.Online
	dnd       = presence.DoNotDisturb
	invisible = presence.Invisible
	offline   = presence.Offline
)

func TestStandalone(t *testing.T) {
	client := connect(t, services.Redis(t).URL())
	presencetest.Run(t, harness(client))
}

func TestCluster(t *testing.T) {
	client := connect(t, services.NewRedisCluster(t).URLs()...)
	presencetest.Run(t, harness(client))
}

func harness(client goredis.UniversalClient) presencetest.Harness {
	return func(t *testing.T, expiry, refresh time.Duration) func(presence.Announcer) presence.Registry {
		return joining(t, Options{Client: client, Project: rand.Text(), Expiry: expiry, Refresh: refresh})
	}
}

// joining gives a function that opens registries of new pods.
func joining(t *testing.T, options Options) func(presence.Announcer) presence.Registry {
	return func(announcer presence.Announcer) presence.Registry {
		own := options
		own.Announcer, own.Pod = announcer, mathrand.Uint64()
		opened, err := Open(t.Context(), own)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return opened
	}
}

// connect opens a client as the server does.
func connect(tb testing.TB, urls ...string) goredis.UniversalClient {
	tb.Helper()
	client, err := busredis.NewClient(tb.Context(), busredis.Options{
		URLs: func(context.Context) ([]string, error) { return urls, nil },
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return client
}
