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
	// tokensAtOnce is how many user tokens are asked for at a time.
	tokensAtOnce = 16
	// idleTime is how long nothing is said.
	idleTime = 15 * time.Second
)

// idle measures what sessions cost that say and hear nothing.
func (b *Bench) idle() ([]report.Row, error) {
	var rows []report.Row
	for _, keyed := range []bool{false, true} {
		row, err := b.idleCPU(keyed)
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *Bench) idleCPU(keyed bool) (report.Row, error) {
	with := map[bool]string{false: "a user token", true: "an API key"}[keyed]
	row := report.Row{
		Scenario: "idle", Name: fmt.Sprintf("CPU of %s idle sessions with %s each", report.Grouped(idleSessions), with), Unit: "ms/s",
	}
	err := b.on(1, func(s *site) error {
		graph := seed.Rooms(idleSessions/2, 2)
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
		if err := s.open(sessions); err != nil {
			return err
		}
		before, err := measure.CPU(pod.PID())
		if err != nil {
			return err
		}
		if err := s.pause(idleTime); err != nil {
			return err
		}
		after, err := measure.CPU(pod.PID())
		if err != nil {
			return err
		}
		row.Value = milliseconds((after - before).Microseconds()) / idleTime.Seconds()
		return s.prove(graph, &row)
	})
	return row, err
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

// pause waits.
func (s *site) pause(duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-s.scope.Context().Done():
		return s.scope.Context().Err()
	}
}
