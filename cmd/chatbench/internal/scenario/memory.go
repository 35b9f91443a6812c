package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/measure"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	idleSessions = 5000
	idleMembers  = 10 // of a conversation, all connected
	// fewConversations and manyConversations are how many a user is in: the second
	// run tells what each further one costs.
	fewConversations  = 20
	manyConversations = 120
	// idleTime is how long nothing happens before memory is read: the garbage of
	// connecting goes back to the system meanwhile.
	idleTime = 20 * time.Second

	kibi               = 1024
	sessionBudget      = 8 * kibi
	conversationBudget = 48
	idleSendsPerSecond = 100
	idleSendingSeconds = 2
	tokensAtOnce       = 16
)

// idle is what a server has and uses while nobody says anything.
type idle struct {
	resident int64   // beyond that of a server without sessions
	heap     float64 // that is in use
	stacks   float64
	cpu      time.Duration // per second
	row      report.Row    // of the sends that prove the sessions alive
}

// memory measures what an idle session costs.
func (b *Bench) memory() ([]report.Row, error) {
	few, err := b.idle(fewConversations, false)
	if err != nil {
		return nil, err
	}
	many, err := b.idle(manyConversations, false)
	if err != nil {
		return nil, err
	}
	keyed, err := b.idle(fewConversations, true)
	if err != nil {
		return nil, err
	}
	further := float64(many.resident-few.resident) / idleSessions / (manyConversations - fewConversations)
	session := few.row
	session.Name = fmt.Sprintf("memory per idle session in %d conversations", fewConversations)
	session.Value, session.Unit, session.Budget = float64(few.resident)/idleSessions, "B", sessionBudget
	session.Facts = few.facts()
	conversation := many.row
	conversation.Name = fmt.Sprintf("memory per further conversation, up to %d", manyConversations)
	conversation.Value, conversation.Unit, conversation.Budget = further, "B", conversationBudget
	conversation.Facts = many.facts()
	return []report.Row{
		session, conversation,
		few.cpuRow("with user tokens"),
		keyed.cpuRow("with an API key"),
	}, nil
}

func (i idle) facts() []report.Fact {
	return []report.Fact{
		{Name: "resident", Value: float64(i.resident) / kibi / kibi, Unit: "MiB"},
		{Name: "heap in use per session", Value: i.heap / idleSessions, Unit: "B"},
		{Name: "stacks per session", Value: i.stacks / idleSessions, Unit: "B"},
	}
}

func (i idle) cpuRow(how string) report.Row {
	row := i.row
	row.Name = fmt.Sprintf("CPU of %s idle sessions %s", report.Grouped(idleSessions), how)
	row.Value, row.Unit = milliseconds(i.cpu.Microseconds()), "ms/s"
	row.Facts = []report.Fact{{Name: "resident per session", Value: float64(i.resident) / idleSessions, Unit: "B"}}
	return row
}

// idle connects sessions and lets them be.
func (b *Bench) idle(conversations int, keyed bool) (idle, error) {
	result := idle{row: report.Row{Scenario: "memory"}}
	err := b.on(1, func(s *site) error {
		graph := seed.Mixed(idleSessions, conversations, idleMembers)
		pod := s.fleet.Pods[0]
		if err := s.fill(graph); err != nil {
			return err
		}
		sessions := s.sessions(s.spread(graph.Users))
		if !keyed {
			if err := s.mintTokens(sessions); err != nil {
				return err
			}
		}
		before, err := measure.Memory(pod.PID())
		if err != nil {
			return err
		}
		if err := s.open(sessions); err != nil {
			return err
		}
		if err := s.rest(&result); err != nil {
			return err
		}
		after, err := measure.Memory(pod.PID())
		if err != nil {
			return err
		}
		result.resident = after - before
		sent, err := s.crew.Send(load.Send{
			Senders: everybody(graph)[:idleSendsPerSecond*idleSendingSeconds],
			Seconds: idleSendingSeconds, PerSecond: idleSendsPerSecond, Bytes: textBytes,
		})
		if err != nil {
			return err
		}
		result.row.Offered, result.row.Acked = sent.Offered, sent.Acked
		if err := s.settle(); err != nil {
			return err
		}
		return s.judge(&result.row)
	})
	return result, err
}

// rest waits and reads what the only pod uses meanwhile.
func (s *site) rest(result *idle) error {
	pod := s.fleet.Pods[0]
	begin, err := measure.CPU(pod.PID())
	if err != nil {
		return err
	}
	select {
	case <-time.After(idleTime):
	case <-s.scope.Context().Done():
		return s.scope.Context().Err()
	}
	end, err := measure.CPU(pod.PID())
	if err != nil {
		return err
	}
	result.cpu = time.Duration(float64(end-begin) / idleTime.Seconds())
	for name, into := range map[string]*float64{
		"go_memstats_heap_inuse_bytes": &result.heap, "go_memstats_stack_inuse_bytes": &result.stacks,
	} {
		if *into, err = pod.Metric(s.scope.Context(), name); err != nil {
			return err
		}
	}
	return nil
}

// mintTokens gives every session a user token in place of the key.
func (s *site) mintTokens(sessions []load.Session) error {
	caller := s.fleet.Caller()
	return atOnce(s.scope.Context(), tokensAtOnce, len(sessions), func(ctx context.Context, i int) error {
		var minted struct {
			Token string `json:"token"`
		}
		err := caller.Post(ctx, fmt.Sprintf("/chat/v1/users/%d/tokens", sessions[i].User), struct{}{}, &minted)
		sessions[i].Token = minted.Token
		return err
	})
}
