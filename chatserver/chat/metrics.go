package chat

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/parley-chat/parley/chatserver/model"
)

// Metrics counts what the use cases do.
type Metrics struct {
	sends            *prometheus.CounterVec
	sending          prometheus.Gauge
	sendTime         prometheus.Histogram
	appends          prometheus.Histogram
	appendFailures   prometheus.Counter
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
		sending: factory.NewGauge(prometheus.GaugeOpts{
			Name: "chat_sends_pending", Help: "Messages that were taken and are not answered yet.",
		}),
		sendTime: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "chat_send_seconds", Help: "Time from the moment that a message was submitted until its ack, of those that were accepted.",
			// Up to 8.2 s: beyond 10 s a send is given up.
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 15),
		}),
		appends: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "chat_append_seconds", Help: "Time that the store took to commit one group of messages.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
		appendFailures: factory.NewCounter(prometheus.CounterOpts{
			Name: "chat_append_failures_total", Help: "Attempts to commit a group of messages that failed; most are made again with smaller groups.",
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

// taken notes a message on its way; answered must follow.
func (m *Metrics) taken() { m.sending.Inc() }

// answered notes the answer to a message that was taken, and how long it took.
func (m *Metrics) answered(took time.Duration, err error) {
	m.sending.Dec()
	m.sent(err)
	if err == nil {
		m.sendTime.Observe(took.Seconds())
	}
}

func (m *Metrics) sent(err error) {
	result := "ok"
	if err != nil {
		result = model.AsError(err).Code
	}
	m.sends.WithLabelValues(result).Inc()
}
