package scenario

import (
	"errors"
	"fmt"
	"slices"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
	"github.com/parley-chat/parley/test/client"
)

const (
	// warmUpSeconds of the same load come before what is measured: enough for each
	// of the pairs to have sent.
	warmUpSeconds = 3
	// textBytes is the length of a message.
	textBytes = 40
	// lateAck is how long half of the acks may take before the load counts as
	// late: many times what they take when the processors are not all busy.
	lateAck = 100 // ms
)

// cost is one load of which the CPU time of a delivery is measured.
type cost struct {
	scenario, name string
	graph          seed.Graph
	perSecond      float64 // messages
	multiple       float64 // of a bare write, the budget; 0 for none
}

// room is one conversation in which everybody is connected.
func (b *Bench) room() ([]report.Row, error) {
	return b.onePodAndTwo(cost{scenario: "room", name: "1 × 1,000", graph: seed.Rooms(1, 1000), perSecond: 20, multiple: 1.25})
}

// groups are small conversations.
func (b *Bench) groups() ([]report.Row, error) {
	return b.onePodAndTwo(cost{scenario: "groups", name: "100 × 10", graph: seed.Rooms(100, 10), perSecond: 1000, multiple: 2.2})
}

// pairs are the smallest ones.
func (b *Bench) pairs() ([]report.Row, error) {
	return b.onePodAndTwo(cost{scenario: "pairs", name: "2,500 × 2", graph: seed.Rooms(2500, 2), perSecond: 2000, multiple: 6.3})
}

// onePodAndTwo measures a load on one pod, which has the budget, and on two, which
// shows what the bus adds.
func (b *Bench) onePodAndTwo(c cost) ([]report.Row, error) {
	var rows []report.Row
	for pods := 1; pods <= 2; pods++ {
		row, err := b.cost(c, pods)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
		c.multiple = 0
	}
	return rows, nil
}

// cost gives the server CPU time per delivery, everything included that the load
// causes: decoding, storing, acks, and what the pods do for the idle sessions
// meanwhile.
func (b *Bench) cost(c cost, pods int) (report.Row, error) {
	row := report.Row{
		Scenario: c.scenario, Name: fmt.Sprintf("%s at %g/s, %s", c.name, c.perSecond, counted(pods, "pod")),
		Unit: "µs",
	}
	run := func() error { return b.costOn(pods, c, &row) }
	var err error
	if c.multiple == 0 {
		err = run()
	} else {
		err = b.besideBareWrites(&row, c.multiple, run)
	}
	return row, err
}

func (b *Bench) costOn(pods int, c cost, row *report.Row) error {
	return b.on(pods, func(s *site) error {
		if err := s.populate(c.graph, s.spread(c.graph.Users)); err != nil {
			return err
		}
		in := load.Send{Senders: everybody(c.graph), PerSecond: c.perSecond, Bytes: textBytes, Seconds: warmUpSeconds}
		if _, err := s.crew.Send(in); err != nil {
			return err
		}
		in.Seconds = b.options.Duration.Seconds()
		return s.measured(row, func() (load.Sent, error) { return s.crew.Send(in) })
	})
}

// measured runs a load and fills the row with the CPU time per delivery.
func (s *site) measured(row *report.Row, run func() (load.Sent, error)) error {
	sent, used, err := s.during(row.Name, run)
	if err != nil {
		return err
	}
	row.Value = each(used.pods, used.stats.Deliveries)
	row.Offered, row.Acked = sent.Offered, sent.Acked
	row.Late = milliseconds(measure.Percentile(sent.Latencies, 0.5)) > lateAck
	row.Facts = append(row.Facts,
		report.Fact{Name: "deliveries", Value: float64(used.stats.Deliveries)},
		report.Fact{Name: "frame", Value: float64(used.stats.Bytes) / float64(max(1, used.stats.Deliveries)), Unit: "B"},
	)
	row.Facts = append(row.Facts, used.perSend(sent)...)
	row.Facts = append(row.Facts, latencies(sent)...)
	return s.judge(row)
}

// judge has the history checked: that of all that was sent on the site so far.
func (s *site) judge(row *report.Row) error { return s.judgeAt(s.fleet.Caller(), row) }

// judgeAt reads the store at the caller's pod.
func (s *site) judgeAt(caller client.Caller, row *report.Row) error {
	verdict, err := s.crew.Check(caller.URL, caller.Key)
	if err == nil && verdict.Checked == 0 {
		err = errUnchecked
	}
	row.Violations = slices.Concat(row.Violations, verdict.Violations)
	return err
}

var errUnchecked = errors.New("there is no conversation to check")

// everybody sends in turn: the first member of every conversation, then the
// second, and so on.
func everybody(graph seed.Graph) []load.Sender {
	var senders []load.Sender
	for member := 0; ; member++ {
		before := len(senders)
		for conversation, members := range graph.Conversations {
			if member < len(members) {
				senders = append(senders, load.Sender{Session: members[member], Conversation: seed.Conversation(conversation)})
			}
		}
		if len(senders) == before {
			return senders
		}
	}
}

func counted(count int, what string) string {
	if count == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", count, what)
}
