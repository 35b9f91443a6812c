package server_test

import (
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/server"
	"github.com/parley-chat/parley/test/services"
)

// withRedisAt has a project share a Redis.
func withRedisAt(t *testing.T, demo server.Development, urls ...string) server.Development {
	t.Helper()
	path := t.TempDir() + "/urls"
	NewWithT(t).Expect(os.WriteFile(path, []byte(strings.Join(urls, "\n")), 0o600)).To(Succeed())
	demo.Configuration.Bus = config.Bus{Engine: "redis", URLFile: path}
	return demo
}

// counter reads what the pods told each other about a limit of the project.
func counter(t *testing.T, url, name string) func() (int, error) {
	t.Helper()
	options, err := goredis.ParseURL(url)
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	client := goredis.NewClient(options)
	t.Cleanup(func() { g.Expect(client.Close()).To(Succeed()) })
	return func() (int, error) { return client.Get(t.Context(), name).Int() }
}

func testSharedRates(t *testing.T, read func(name string) func() (int, error), urls ...string) {
	one, two := start(t, withRedisAt(t, prepare(t), urls...)), start(t, withRedisAt(t, prepare(t), urls...))
	const asks = 5
	for range asks {
		one.Expect(one.statusWith(one.demo.SecretKey.Reveal())).To(Equal(http.StatusOK))
		two.Expect(two.statusWith(two.demo.SecretKey.Reveal())).To(Equal(http.StatusOK))
	}
	one.Eventually(read("parley:{demo}:rate:requestsPerProject:")).WithTimeout(hangGuard).Should(Equal(2 * asks))
	one.Expect(one.stop()).To(Succeed())
	two.Expect(two.stop()).To(Succeed())
}

func TestServersThatShareARedisShareTheirRates(t *testing.T) {
	url := services.Redis(t).URL()
	testSharedRates(t, func(name string) func() (int, error) { return counter(t, url, name) }, url)
}

func TestServersThatShareARedisClusterShareTheirRates(t *testing.T) {
	nodes := services.NewRedisCluster(t)
	testSharedRates(t, func(name string) func() (int, error) {
		return counter(t, nodes.URLs()[nodes.Owner(t, name)], name)
	}, nodes.URLs()...)
}

func TestAServerHoldsItsLimitsWithoutRedis(t *testing.T) {
	routing := services.Redis(t)
	demo := withRedisAt(t, prepare(t), routing.URL())
	demo.Configuration.Limits.RequestsPerProject = config.Rate{PerSecond: 1, Burst: 3}
	routing.Stop(t)
	r := start(t, demo)
	for allowed := 0; r.statusWith(r.demo.SecretKey.Reveal()) != http.StatusTooManyRequests; allowed++ {
		r.Expect(allowed).To(BeNumerically("<", 1000), "never refused")
	}
	r.Expect(r.probe("/metrics").Body).To(ContainSubstring("\n" + `chat_limit_refusals_total{limit="requestsPerProject"} 1` + "\n"))
	r.Expect(r.stop()).To(Succeed())
}

func TestMetricsSayWhatIsAwayWithRedis(t *testing.T) {
	routing := services.Redis(t)
	demo := withRedisAt(t, prepare(t), routing.URL())
	demo.Configuration.DrainWindow = config.Duration{}
	r := start(t, demo)
	r.createUser("ada")
	r.open(r.demo.SecretKey.Reveal(), "ada")
	metrics := func() string { return r.probe("/metrics").Body }
	r.Eventually(metrics).WithTimeout(hangGuard).Should(And(
		ContainSubstring("\nchat_presence_healthy 1\n"), ContainSubstring("\nchat_bus_healthy 1\n")))
	routing.Stop(t)
	r.Eventually(metrics).WithTimeout(hangGuard).Should(And(
		ContainSubstring("\nchat_presence_healthy 0\n"), ContainSubstring("\nchat_bus_healthy 0\n")))
	r.Expect(r.stop()).To(Succeed())
}

func TestTheLimitsOfTheSettingsAreInForce(t *testing.T) {
	demo := prepare(t)
	demo.Configuration.Limits.BodyBytes = 1024
	demo.Configuration.Limits.ConnectionsPerUser = 1
	r := start(t, demo)
	r.createUser("ada")
	tooLarge := r.call(http.MethodPost, r.URL+"/chat/v1/users", strings.Repeat(" ", 1023)+"{}", r.secret())
	r.Expect(tooLarge.Status).To(Equal(http.StatusRequestEntityTooLarge))
	r.open(r.demo.SecretKey.Reveal(), "ada")
	header := r.secret()
	header.Set("X-Parley-User", "username:ada")
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	} {
		header.Set(name, value)
	}
	second := r.call(http.MethodGet, r.URL+"/chat/v1/ws", "", header)
	r.Expect(second.Status).To(Equal(http.StatusTooManyRequests))
	r.Expect(second.Body).To(ContainSubstring("too_many_connections"))
	r.Expect(r.stop()).To(Succeed())
}

func TestAURLOfRedisThatIsNoneIsRefusedWithoutQuotingIt(t *testing.T) {
	g := NewWithT(t)
	demo := withRedisAt(t, prepare(t), "redis-with-a-secret")
	err := server.Run(t.Context(), demo.Configuration, server.Options{Logger: slog.New(slog.DiscardHandler)})
	g.Expect(err).To(MatchError(ContainSubstring("is not a redis:// or rediss:// URL")))
	g.Expect(err.Error()).NotTo(ContainSubstring("secret"))
}
