package scenario

import (
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

// populate stores a graph and opens one session for each user, the n-th at the
// n-th URL, on behalf of the user with the fleet's key.
func (s *site) populate(graph seed.Graph, urls []string) error {
	if err := s.fill(graph); err != nil {
		return err
	}
	return s.open(s.sessions(urls))
}

func (s *site) fill(graph seed.Graph) error {
	return seed.Fill(s.scope.Context(), s.dsn, schema, graph)
}

// sessions are those of the first users, one for each URL.
func (s *site) sessions(urls []string) []load.Session {
	sessions := make([]load.Session, len(urls))
	for user, url := range urls {
		sessions[user] = load.Session{URL: url, User: seed.User(user)}
	}
	return sessions
}

// open opens sessions and returns once all that this caused has been told.
func (s *site) open(sessions []load.Session) error {
	begin := time.Now()
	if err := s.crew.Connect(s.fleet.Caller().Key, sessions); err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	s.bench.options.Log("%d sessions are connected and quiet after %.1f s", len(sessions), time.Since(begin).Seconds())
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
		facts = append(facts, report.Fact{Name: each.name, Value: milliseconds(value), Unit: "ms"})
	}
	return facts
}

func milliseconds(microseconds int64) float64 { return float64(microseconds) / 1000 }
