package redis

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/ratelimit"
	"github.com/parley-chat/parley/test/services"
)

func TestMain(m *testing.M) { services.Main(m) }

// hangGuard ends a test that waits for what never comes.
const hangGuard = time.Minute

var (
	ada        = ratelimit.Key{Limit: ratelimit.SendsPerUser, Subject: "1000000000000"}
	everybody  = ratelimit.Key{Limit: ratelimit.SendsPerProject}
	somebodyIn = ratelimit.Key{Limit: ratelimit.FailuresPerAddress, Subject: "192.0.2.1"}
)

const (
	rate  = 10
	burst = 20
)

// cluster is pods of one project that share a Redis and a clock which the test
// moves.
type cluster struct {
	*WithT
	t    *testing.T
	now  time.Time
	pods []*pod
}

type pod struct {
	*Exchange
	local *ratelimit.Local
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	return &cluster{WithT: NewWithT(t), t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// join adds a pod whose exchange the test steps.
func (c *cluster) join(project string, urls ...string) *pod {
	c.t.Helper()
	limits := config.DefaultLimits()
	limits.SendsPerUser = config.Rate{PerSecond: rate, Burst: burst}
	local := ratelimit.NewLocal(limits, func() time.Time { return c.now })
	p := &pod{local: local, Exchange: newExchange(Options{
		Local: local, Client: connect(c.t, urls...), Project: project, Logger: slog.New(slog.DiscardHandler),
	})}
	c.pods = append(c.pods, p)
	return p
}

func connect(t *testing.T, urls ...string) goredis.UniversalClient {
	t.Helper()
	g := NewWithT(t)
	settings := &goredis.UniversalOptions{
		Protocol: 2, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, DisableIdentity: true, IsClusterMode: len(urls) > 1,
	}
	for _, url := range urls {
		parsed, err := goredis.ParseURL(url)
		g.Expect(err).NotTo(HaveOccurred())
		settings.Addrs = append(settings.Addrs, parsed.Addr)
	}
	client := goredis.NewUniversalClient(settings)
	t.Cleanup(func() { g.Expect(client.Close()).To(Succeed()) })
	return client
}

// pass moves the clock by one interval and steps every pod.
func (c *cluster) pass() {
	c.t.Helper()
	c.now = c.now.Add(interval)
	for _, p := range c.pods {
		c.Expect(p.step(c.t.Context())).To(Succeed())
	}
}

// meet has every pod grant once and hear of the others, at one instant.
func (c *cluster) meet(key ratelimit.Key) {
	c.t.Helper()
	for _, p := range c.pods {
		c.Expect(p.take(key, 1)).To(Equal(1))
	}
	for range 2 {
		for _, p := range c.pods {
			c.Expect(p.step(c.t.Context())).To(Succeed())
		}
	}
}

// take asks a number of times and counts what is granted.
func (p *pod) take(key ratelimit.Key, asks int) (granted int) {
	for range asks {
		if ok, _ := p.local.Allow(key, 1); ok {
			granted++
		}
	}
	return granted
}

// flood asks every pod for far more than the rate until the time has passed,
// and counts what all granted together.
func (c *cluster) flood(key ratelimit.Key, during time.Duration) (granted int) {
	c.t.Helper()
	for end := c.now.Add(during); c.now.Before(end); c.pass() {
		for _, p := range c.pods {
			granted += p.take(key, 3*burst)
		}
	}
	return granted
}

func testPodsTogether(t *testing.T, urls ...string) {
	for _, pods := range []int{1, 2, 5} {
		t.Run(fmt.Sprint(pods), func(t *testing.T) {
			c := newCluster(t)
			for range pods {
				c.join(t.Name(), urls...)
			}
			const seconds = 60
			granted := c.flood(ada, seconds*time.Second)
			// The burst and the rate of one pod, and once for each further pod
			// the burst that it granted before it knew better, which the pods
			// pay back; only the last exchange may be outstanding.
			fair := burst + seconds*rate
			outstanding := (pods - 1) * (burst + 1 + int(interval.Seconds()*rate))
			c.Expect(granted).To(And(BeNumerically(">=", fair-rate), BeNumerically("<=", fair+outstanding)))
		})
	}
}

func TestPodsTogetherGrantOneLimit(t *testing.T) {
	testPodsTogether(t, services.Redis(t).URL())
}

func TestPodsTogetherGrantOneLimitOverACluster(t *testing.T) {
	testPodsTogether(t, services.NewRedisCluster(t).URLs()...)
}

func TestPodsThatAreNotToldGrantALimitEach(t *testing.T) {
	c := newCluster(t)
	one, two := c.join(t.Name(), services.Redis(t).URL()), c.join(t.Name()+"-other", services.Redis(t).URL())
	c.Expect(one.take(ada, 100) + two.take(ada, 100)).To(Equal(2 * burst))
	c.Expect(c.flood(ada, time.Minute)).To(BeNumerically(">=", 2*60*rate-2*rate), "this is what the exchange is for")
}

func TestWhatOnePodGrantedTheOthersGrantNoMore(t *testing.T) {
	c := newCluster(t)
	url := services.Redis(t).URL()
	one, two := c.join(t.Name(), url), c.join(t.Name(), url)
	c.meet(ada)
	c.Expect(one.take(ada, burst)).To(BeNumerically(">=", burst-2))
	c.Expect(one.step(t.Context())).To(Succeed())
	c.Expect(two.step(t.Context())).To(Succeed())
	c.Expect(two.take(ada, burst)).To(BeNumerically("<=", 1), "the one that the other granted before they met")
}

func TestProjectsDoNotShareALimit(t *testing.T) {
	c := newCluster(t)
	url := services.Redis(t).URL()
	one, other := c.join("3f1c", url), c.join("9a2d", url)
	c.meet(ada)
	c.Expect(one.take(ada, burst)).To(Equal(burst - 1))
	c.Expect(one.step(t.Context())).To(Succeed())
	c.Expect(other.step(t.Context())).To(Succeed())
	c.Expect(other.take(ada, burst)).To(Equal(burst - 1))
}

func TestCountersAreOfTheProjectInOneSlotAndPass(t *testing.T) {
	c := newCluster(t)
	p := c.join("3f1c", services.Redis(t).URL())
	p.take(ada, 3)
	p.take(everybody, 2)
	p.take(somebodyIn, 1)
	c.Expect(p.step(t.Context())).To(Succeed())
	names, err := p.options.Client.Keys(t.Context(), "*").Result()
	c.Expect(err).NotTo(HaveOccurred())
	c.Expect(names).To(ConsistOf(
		"parley:{3f1c}:rate:sendsPerUser:1000000000000", "parley:{3f1c}:rate:sendsPerProject:"), "addresses are not shared")
	c.Expect(p.options.Client.Get(t.Context(), p.name(ada)).Int()).To(Equal(3))
	for _, name := range names {
		c.Expect(p.options.Client.PTTL(t.Context(), name).Val()).To(BeNumerically("~", margin, 2*margin), name)
	}
}

func TestKeysAtRestCostNothing(t *testing.T) {
	c := newCluster(t)
	p := c.join("3f1c", services.Redis(t).URL())
	p.take(ada, 1)
	c.pass()
	c.Expect(p.options.Client.Del(t.Context(), p.name(ada)).Val()).To(Equal(int64(1)))
	c.pass()
	c.Expect(p.options.Client.Exists(t.Context(), p.name(ada)).Val()).To(Equal(int64(0)))
	c.Expect(p.totals).To(BeEmpty())
}

func TestWithoutRedisEachPodHoldsTheLimitForItself(t *testing.T) {
	c := newCluster(t)
	server := services.Redis(t)
	one, two := c.join(t.Name(), server.URL()), c.join(t.Name(), server.URL())
	server.Stop(t)
	granted := 0
	for range 300 { // a minute
		granted += one.take(ada, burst)
		c.now = c.now.Add(interval)
		c.Expect(one.step(t.Context())).NotTo(Succeed())
	}
	c.Expect(granted).To(BeNumerically("~", burst+60*rate, rate))

	server.Start(t)
	for _, p := range c.pods {
		// The client may remember for a while that nobody answered.
		c.Eventually(func() error {
			p.take(everybody, 1)
			return p.step(t.Context())
		}).WithTimeout(hangGuard).Should(Succeed())
	}
	c.Expect(two.take(ada, burst)).To(Equal(burst), "what was granted meanwhile is not charged afterwards")
	c.pass()
	c.pass()
	c.Expect(c.flood(ada, time.Minute)).To(BeNumerically("<=", 60*rate+2*burst), "then they count together again")
}

func TestARedisThatForgotChargesNobodyForThePast(t *testing.T) {
	for _, test := range []struct{ before, own, sum, others int64 }{
		{0, 5, 5, 0}, {0, 5, 8, 3}, {100, 5, 105, 0}, {100, 5, 125, 20},
		{100, 5, 5, 0}, {100, 5, 8, 3}, {100, 0, 0, 0},
	} {
		t.Run(fmt.Sprint(test), func(t *testing.T) {
			NewWithT(t).Expect(others(test.before, test.own, test.sum)).To(Equal(test.others))
		})
	}
}

func TestMoreKeysThanOnePipelineCarriesAreExchanged(t *testing.T) {
	c := newCluster(t)
	p := c.join("3f1c", services.Redis(t).URL())
	for i := range batch + 1 {
		p.take(ratelimit.Key{Limit: ratelimit.SendsPerUser, Subject: fmt.Sprint(i)}, 1)
	}
	c.Expect(p.step(t.Context())).To(Succeed())
	c.Expect(p.options.Client.DBSize(t.Context()).Val()).To(Equal(int64(batch + 1)))
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.text.Bytes(), []byte(text))
}

func TestAnExchangeRunsByItselfAndLeavesNothingBehind(t *testing.T) {
	g := NewWithT(t)
	client := connect(t, services.Redis(t).URL())
	g.Expect(client.Ping(t.Context()).Err()).To(Succeed())
	others := goleak.IgnoreCurrent()
	local := ratelimit.NewLocal(config.DefaultLimits(), time.Now)
	exchange := Start(Options{Local: local, Client: client, Project: "3f1c", Logger: slog.New(slog.DiscardHandler)})
	local.Allow(ada, 1)
	g.Eventually(func() (int, error) {
		return client.Get(t.Context(), exchange.name(ada)).Int()
	}).WithTimeout(hangGuard).Should(Equal(1))
	exchange.Close()
	goleak.VerifyNone(t, others)
}

func TestAnOutageIsLoggedOnce(t *testing.T) {
	g := NewWithT(t)
	server := services.Redis(t)
	var log lines
	local := ratelimit.NewLocal(config.DefaultLimits(), time.Now)
	exchange := Start(Options{Local: local, Client: connect(t, server.URL()), Project: "3f1c", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	defer exchange.Close()
	logged := func(text string) func() int {
		return func() int {
			local.Allow(ada, 1)
			return log.count(text)
		}
	}
	server.Stop(t)
	g.Eventually(logged("holds the limits for itself")).WithTimeout(hangGuard).Should(Equal(1))
	server.Start(t)
	g.Eventually(logged("exchanged with the other pods again")).WithTimeout(hangGuard).Should(Equal(1))
	g.Expect(log.count("holds the limits for itself")).To(Equal(1))
}
