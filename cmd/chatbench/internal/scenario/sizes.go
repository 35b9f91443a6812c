package scenario

import (
	"fmt"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	sizesPerSecond = 500 // messages, to conversations of 10
	largeRoom      = 10_000
	largePerSecond = 2
	hotMembers     = 20
)

// sizes measures the same traffic among more and more sessions.
func (b *Bench) sizes() ([]report.Row, error) {
	var rows []report.Row
	for _, sessions := range []int{1000, 5000, 15_000} {
		row, err := b.cost(cost{
			scenario: "sizes", name: report.Grouped(int64(sessions)) + " sessions in conversations of 10",
			graph: seed.Rooms(sessions/idleMembers, idleMembers), perSecond: sizesPerSecond,
		}, 1)
		if err != nil {
			return rows, err
		}
		row.Points = []report.Point{{Chart: report.CostChart, Series: "conversations of 10", X: float64(sessions), Y: row.Value}}
		rows = append(rows, row)
	}
	return rows, nil
}

// large is one room of as many members as a conversation may have.
func (b *Bench) large() ([]report.Row, error) {
	row, err := b.cost(cost{
		scenario: "large", name: fmt.Sprintf("1 × %s", report.Grouped(largeRoom)), graph: seed.Rooms(1, largeRoom), perSecond: largePerSecond,
	}, 1)
	row.Points = []report.Point{{Chart: report.CostChart, Series: "one room", X: largeRoom, Y: row.Value}}
	return []report.Row{row}, err
}

// hot is one conversation in which everybody sends again after each ack: its
// messages are numbered one after the other, whatever the server has to do
// besides.
func (b *Bench) hot() ([]report.Row, error) {
	row := report.Row{
		Scenario: "hot", Name: fmt.Sprintf("sends to one hot conversation of %d, each member's next after its ack", hotMembers), Unit: "/s",
	}
	err := b.on(1, func(s *site) error {
		graph := seed.Rooms(1, hotMembers)
		if err := s.populate(graph, s.spread(graph.Users)); err != nil {
			return err
		}
		return s.closedLoop(load.Send{Senders: everybody(graph), Bytes: textBytes, Seconds: b.options.Duration.Seconds()}, &row)
	})
	return []report.Row{row}, err
}
