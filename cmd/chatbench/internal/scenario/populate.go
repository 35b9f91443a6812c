package scenario

import (
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

// populate stores a graph and opens one session for each user, the n-th at the
// n-th URL. It returns once everything that this caused has been told.
func (s *site) populate(graph seed.Graph, urls []string) error {
	if err := seed.Fill(s.scope.Context(), s.dsn, schema, graph); err != nil {
		return err
	}
	return s.connect(urls)
}

// connect opens the session of one user for each URL.
func (s *site) connect(urls []string) error {
	begin := time.Now()
	sessions := make([]load.Session, len(urls))
	for user, url := range urls {
		sessions[user] = load.Session{URL: url, User: seed.User(user)}
	}
	if err := s.crew.Connect(s.fleet.Caller().Key, sessions); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	s.bench.options.Log("%d sessions are connected and quiet after %.1f s", len(urls), time.Since(begin).Seconds())
	return nil
}

// spread gives users pods in turn.
func (s *site) spread(users int) []string {
	urls := make([]string, users)
	for user := range urls {
		urls[user] = s.fleet.Pods[user%len(s.fleet.Pods)].URL()
	}
	return urls
}

// latencies tell how long acks took.
func latencies(sent load.Sent) []report.Fact {
	var facts []report.Fact
	for _, each := range []struct {
		name string
		part float64
	}{{"ack p50", 0.5}, {"ack p99", 0.99}} {
		value := measure.Percentile(sent.Latencies, each.part)
		facts = append(facts, report.Fact{
			Name: each.name, Value: float64(value) / float64(time.Millisecond/time.Microsecond), Unit: "ms",
		})
	}
	return facts
}
