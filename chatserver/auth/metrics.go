package auth

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics counts what checking credentials asks of others.
type Metrics struct{ keysFetched, keysMissed prometheus.Counter }

// NewMetrics registers the metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	fetches := promauto.With(registerer).NewCounterVec(prometheus.CounterOpts{
		Name: "chat_issuer_fetches_total", Help: "Requests for the public keys of the project's own token issuers, by result.",
	}, []string{"result"})
	return &Metrics{keysFetched: fetches.WithLabelValues("ok"), keysMissed: fetches.WithLabelValues("failed")}
}
