package chat

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/parley-chat/parley/chatserver/model"
)

// Metrics counts what the use cases do.
type Metrics struct {
	sends            *prometheus.CounterVec
	appends          prometheus.Histogram
	groupSize        prometheus.Histogram
	published        prometheus.Counter
	dropped          prometheus.Counter
	failed           prometheus.Counter
	unlogged         prometheus.Counter
	deliveredDropped prometheus.Counter
	presenceDropped  prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	factory := promauto.With(registerer)
	return &Metrics{
		sends: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "chat_sends_total", Help: "Messages that were sent, by result: ok or the code of the error.",
		}, []string{"result"}),
		appends: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "chat_append_seconds", Help: "Time that the store took to commit one group of messages.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		groupSize: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "chat_append_group_size", Help: "Messages in one committed group.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		published: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_bus_published_total", Help: "Publications that were handed to the bus: what is said in one go to one partition.",
		}),
		dropped: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_publish_dropped_total", Help: "Changes that were not handed to the bus because its queue was full; other pods repair them from the store.",
		}),
		failed: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_publish_failed_total", Help: "Publications that the bus refused; other pods repair them from the store.",
		}),
		deliveredDropped: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_delivered_dropped_total", Help: "Deliveries that were not noted because too many waited for the store; the member's next one tells as much.",
		}),
		unlogged: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_session_records_dropped_total", Help: "Starts and ends of sessions that were not recorded because the store did not keep up.",
		}),
		presenceDropped: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_presence_dropped_total", Help: "Changes of presence that were not announced because too many waited.",
		}),
	}
}

func (m *Metrics) sent(err error) {
	result := "ok"
	if err != nil {
		result = model.AsError(err).Code
	}
	m.sends.WithLabelValues(result).Inc()
}
