package hub

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/parley-chat/parley/chatserver/ratelimit"
)

// Metrics counts what the hub does.
type Metrics struct {
	sessions    prometheus.Gauge
	slow        prometheus.Counter
	delivered   prometheus.Counter
	repairs     prometheus.Counter
	sweepsFound prometheus.Counter
	resets      prometheus.Counter
	gaps        prometheus.Counter
	shed        prometheus.Counter
	userFull    prometheus.Counter
	podFull     prometheus.Counter

	fanoutLocal, fanoutFromBus prometheus.Observer
	received                   prometheus.Counter
	unwanted                   prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	counter := func(name, help string) prometheus.Counter {
		return factory.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	fanout := factory.NewHistogramVec(prometheus.HistogramOpts{
		Name: "chat_fanout_seconds",
		Help: "Time until a change was queued to all sessions of this pod that follow it, since its commit returned here (local) or the bus handed it over (bus).",
		// Up to 1.6 s: a change that waits for a lost one before it takes 0.1 s and a read.
		Buckets: prometheus.ExponentialBuckets(0.00005, 2, 16),
	}, []string{"source"})
	return &Metrics{
		fanoutLocal: fanout.WithLabelValues("local"), fanoutFromBus: fanout.WithLabelValues("bus"),
		sessions: factory.NewGauge(prometheus.GaugeOpts{
			Name: "chat_sessions", Help: "Live sessions on this pod.",
		}),
		slow:        counter("chat_slow_sessions_total", "Sessions that were closed because they did not read fast enough."),
		delivered:   counter("chat_deliveries_total", "Frames of changes that were queued to sessions."),
		repairs:     counter("chat_gap_repairs_total", "Conversations whose missing changes were read from the store."),
		sweepsFound: counter("chat_sweep_found_total", "Changes that no message of the bus announced and a sweep found."),
		resets:      counter("chat_resets_total", "Resets: a client must read a conversation anew."),
		gaps:        counter("chat_delivery_gaps_total", "Changes that were delivered without those before them. Must stay 0."),
		shed:        counter("chat_signals_shed_total", "Signals that were not sent because the client did not read fast enough."),
		received:    counter("chat_bus_received_total", "Payloads that the bus brought to this pod, its own included."),
		unwanted:    counter("chat_bus_unwanted_total", "Items of other pods' payloads that were dropped undecoded, because no session here follows what they are about."),
		userFull:    ratelimit.NewRefusals(registerer, "connectionsPerUser"),
		podFull:     ratelimit.NewRefusals(registerer, "connectionsPerProject"),
	}
}
