package redis

import (
	"context"
	"crypto/rand"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/chatserver/bus"
	"github.com/parley-chat/parley/chatserver/bus/bustest"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

func TestStandalone(t *testing.T) {
	server := services.Redis(t)
	bustest.Run(t, harness(server.URL()))
}

func TestCluster(t *testing.T) {
	nodes := services.NewRedisCluster(t)
	bustest.Run(t, harness(nodes.URLs()...))
}

func harness(urls ...string) bustest.Harness {
	return bustest.Harness{
		Remote: true,
		Network: func(t *testing.T) func(bus.Receiver) bus.Bus {
			project := rand.Text()
			return func(receiver bus.Receiver) bus.Bus {
				return open(t, Options{URLs: fixed(urls...), Project: project, Receiver: receiver})
			}
		},
	}
}

func fixed(urls ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return urls, nil }
}

func open(t *testing.T, options Options) *Bus {
	t.Helper()
	opened, err := Open(t.Context(), options)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return opened
}
