package ratelimit_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/parley-chat/parley/chatserver/config"
	"github.com/parley-chat/parley/chatserver/model"
	"github.com/parley-chat/parley/chatserver/ratelimit"
)

const ada, grace = model.UserID(1_000_000_000_000), model.UserID(1_000_000_000_001)

// still is a project whose clock stands.
func still(t *testing.T, change func(*config.Limits)) (*ratelimit.Project, *prometheus.Registry) {
	t.Helper()
	limits := config.DefaultLimits()
	change(&limits)
	now := time.Now()
	registry := prometheus.NewRegistry()
	return ratelimit.NewProject(ratelimit.NewLocal(limits, func() time.Time { return now }), registry), registry
}

// times counts how often something is allowed in a row.
func times(t *testing.T, allow func() error) (allowed int) {
	t.Helper()
	g := NewWithT(t)
	for {
		err := allow()
		if err == nil {
			allowed++
			continue
		}
		g.Expect(errors.Is(err, model.ErrRateLimited)).To(BeTrue())
		g.Expect(model.AsError(err).RetryAfter).To(BeNumerically(">", 0))
		return allowed
	}
}

func refusals(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	counts := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if value := metric.GetCounter().GetValue(); value > 0 {
				counts[metric.GetLabel()[0].GetValue()] = value
			}
		}
	}
	return counts
}

func TestAUserThatFloodsTakesNothingFromTheOthers(t *testing.T) {
	g := NewWithT(t)
	project, registry := still(t, func(limits *config.Limits) {
		limits.SendsPerUser = config.Rate{PerSecond: 1, Burst: 3}
		limits.SendsPerProject = config.Rate{PerSecond: 1, Burst: 5}
	})
	send := func(user model.UserID) func() error { return func() error { return project.AllowSend(user) } }
	g.Expect(times(t, send(ada))).To(Equal(3))
	for range 10 {
		g.Expect(project.AllowSend(ada)).NotTo(Succeed())
	}
	g.Expect(times(t, send(grace))).To(Equal(2), "the project's burst is 5")
	g.Expect(refusals(t, registry)).To(Equal(map[string]float64{"sendsPerUser": 11, "sendsPerProject": 1}))
}

func TestRequestsAndSendsAreCountedApart(t *testing.T) {
	g := NewWithT(t)
	project, _ := still(t, func(limits *config.Limits) {
		limits.RequestsPerUser = config.Rate{PerSecond: 1, Burst: 2}
		limits.RequestsPerProject = config.Rate{PerSecond: 1, Burst: 7}
		limits.SendsPerUser = config.Rate{PerSecond: 1, Burst: 4}
	})
	g.Expect(times(t, func() error { return project.AllowSend(ada) })).To(Equal(4))
	g.Expect(times(t, func() error { return project.AllowRequest(ada.String()) })).To(Equal(2))
	g.Expect(times(t, func() error { return project.AllowRequest("") })).To(Equal(5), "without a subject the project alone counts")
}

func TestAnAddressIsItsNetworkWhereOnePersonHasMany(t *testing.T) {
	g := NewWithT(t)
	project, registry := still(t, func(limits *config.Limits) {
		limits.FailuresPerAddress = config.Rate{PerSecond: 1, Burst: 2}
	})
	fail := func(address string) func() error {
		return func() error { return project.AllowFailure(netip.MustParseAddr(address)) }
	}
	g.Expect(times(t, fail("192.0.2.1"))).To(Equal(2))
	g.Expect(times(t, fail("::ffff:192.0.2.1"))).To(Equal(0), "the same address in other words")
	g.Expect(times(t, fail("192.0.2.2"))).To(Equal(2))
	g.Expect(times(t, fail("2001:db8::1"))).To(Equal(2))
	g.Expect(times(t, fail("2001:db8::ffff:2"))).To(Equal(0), "in the same /64")
	g.Expect(times(t, fail("2001:db8:0:1::1"))).To(Equal(2))
	g.Expect(refusals(t, registry)).To(Equal(map[string]float64{"failuresPerAddress": 6}))
}

func TestEveryLimitHasItsCounterFromTheStart(t *testing.T) {
	g := NewWithT(t)
	_, registry := still(t, func(*config.Limits) {})
	families, err := registry.Gather()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(families).To(HaveLen(1))
	g.Expect(families[0].GetMetric()).To(HaveLen(5))
}
