package scenario

import (
	"fmt"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	idleSessions = 5000
	idleMembers  = 10 // of a conversation, all connected
	// fewConversations and manyConversations are how many a user is in: the second
	// run tells what each further one costs.
	fewConversations  = 20
	manyConversations = 100
	// firstSessions are connected before memory is read for the first time, so that
	// code and connections that the first session needs are not counted as what the
	// others hold.
	firstSessions = 50

	kibi               = 1024
	sessionBudget      = 8 * kibi
	conversationBudget = 48
	idleSendsPerSecond = 100
	idleSendingSeconds = 2
)

// memory measures what an idle session holds.
func (b *Bench) memory() ([]report.Row, error) {
	few, err := b.idleMemory(fewConversations)
	if err != nil {
		return nil, err
	}
	many, err := b.idleMemory(manyConversations)
	if err != nil {
		return nil, err
	}
	further := (many.resident - few.resident) / (idleSessions - firstSessions) / (manyConversations - fewConversations)
	few.row.Name = fmt.Sprintf("memory per idle session in %d conversations", fewConversations)
	few.row.Value, few.row.Unit, few.row.Budget = few.resident/(idleSessions-firstSessions), "B", sessionBudget
	few.row.Facts = few.facts()
	many.row.Name = fmt.Sprintf("memory per further conversation, up to %d", manyConversations)
	many.row.Value, many.row.Unit, many.row.Budget = further, "B", conversationBudget
	many.row.Facts = many.facts()
	return []report.Row{few.row, many.row}, nil
}

// held is what a server keeps for sessions that are idle, in bytes.
type held struct {
	resident     float64 // beyond that of a server with the first sessions alone
	heap, stacks float64
	row          report.Row // of the sends that prove the sessions alive
}

func (h held) facts() []report.Fact {
	return []report.Fact{
		{Name: "resident", Value: h.resident / kibi / kibi, Unit: "MiB"},
		{Name: "heap in use per session", Value: h.heap / idleSessions, Unit: "B"},
		{Name: "stacks per session", Value: h.stacks / idleSessions, Unit: "B"},
	}
}

// idleMemory connects sessions and lets them be.
func (b *Bench) idleMemory(conversations int) (held, error) {
	result := held{row: report.Row{Scenario: "memory"}}
	err := b.on(1, func(s *site) error {
		graph := seed.Mixed(idleSessions, conversations, idleMembers)
		pod := s.fleet.Pods[0]
		if err := s.fill(graph); err != nil {
			return err
		}
		all := s.sessions(s.spread(graph.Users))
		if err := s.open(all[:firstSessions]); err != nil {
			return err
		}
		before, err := s.restingMemory(pod)
		if err != nil {
			return err
		}
		if err := s.open(all[firstSessions:]); err != nil {
			return err
		}
		after, err := s.restingMemory(pod)
		if err != nil {
			return err
		}
		result.resident = after - before
		for name, into := range map[string]*float64{
			"go_memstats_heap_inuse_bytes": &result.heap, "go_memstats_stack_inuse_bytes": &result.stacks,
		} {
			if *into, err = pod.Metric(s.scope.Context(), name); err != nil {
				return err
			}
		}
		return s.prove(graph, &result.row)
	})
	return result, err
}

// prove shows that idle sessions are alive: a few get messages.
func (s *site) prove(graph seed.Graph, row *report.Row) error {
	all := everybody(graph)
	sent, err := s.crew.Send(load.Send{
		Senders: all[:min(len(all), idleSendsPerSecond*idleSendingSeconds)],
		Seconds: idleSendingSeconds, PerSecond: idleSendsPerSecond, Bytes: textBytes,
	})
	if err != nil {
		return err
	}
	row.Offered, row.Acked = sent.Offered, sent.Acked
	if err := s.settle(); err != nil {
		return err
	}
	return s.judge(row)
}
