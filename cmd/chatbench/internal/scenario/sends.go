package scenario

import (
	"fmt"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	// senders have this many conversations each, alone, so that sends are measured
	// and not fan-out: every message goes to its sender's session only.
	senders              = 256
	conversationsPerUser = 2

	sendsBudget   = 15_000 // acked a second
	offeredSends  = 5_000  // a second, for latency
	latencyBudget = 50     // ms, of the 99th percentile
)

// sends measures how many messages become durable, as fast as answers come and
// at a pace.
func (b *Bench) sends() ([]report.Row, error) {
	graph := seed.Alone(senders, conversationsPerUser)
	rate := report.Row{
		Scenario: "sends", Name: fmt.Sprintf("durable sends, %s open at a time", counted(len(graph.Conversations), "send")),
		Unit: "/s", Budget: sendsBudget, AtLeast: true,
	}
	latency := report.Row{
		Scenario: "sends", Name: fmt.Sprintf("ack p99 at %s sends/s", report.Grouped(offeredSends)), Unit: "ms", Budget: latencyBudget,
	}
	err := b.on(1, func(s *site) error {
		if err := s.populate(graph, s.spread(graph.Users)); err != nil {
			return err
		}
		in := load.Send{Senders: everybody(graph), Bytes: textBytes, Seconds: warmUpSeconds}
		if _, err := s.crew.Send(in); err != nil {
			return err
		}
		in.Seconds = b.options.Duration.Seconds()
		if err := s.closedLoop(in, &rate); err != nil {
			return err
		}
		in.PerSecond = offeredSends
		return s.paced(in, &latency)
	})
	return []report.Row{rate, latency}, err
}

// closedLoop gives the messages acked in a second. The answers that come after
// the last second do not count, nor does the time they take.
func (s *site) closedLoop(in load.Send, row *report.Row) error {
	sent, used, err := s.during(row.Name, func() (load.Sent, error) { return s.crew.Send(in) })
	if err != nil {
		return err
	}
	row.Value = float64(sent.AckedInTime) / in.Seconds
	row.Offered, row.Acked = sent.Offered, sent.Acked
	row.Facts = append(used.perSend(sent), latencies(sent)...)
	return s.judge(row)
}

// paced gives the latency of acks.
func (s *site) paced(in load.Send, row *report.Row) error {
	sent, used, err := s.during(row.Name, func() (load.Sent, error) { return s.crew.Send(in) })
	if err != nil {
		return err
	}
	row.Value = milliseconds(measure.Percentile(sent.Latencies, 0.99))
	row.Offered, row.Acked = sent.Offered, sent.Acked
	row.Facts = append(used.perSend(sent), latencies(sent)...)
	return s.judge(row)
}
