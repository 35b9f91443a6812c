package scenario

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/cmd/chatbench/internal/load"
	"github.com/parley-chat/parley/cmd/chatbench/internal/report"
	"github.com/parley-chat/parley/cmd/chatbench/internal/seed"
)

const (
	lostSessions  = 5000 // of the pod that dies
	stayingOnes   = 500  // sessions of the other pod, in the same conversations
	lostEach      = 20   // conversations of a user
	lostPerSecond = 50   // messages, of everybody in turn
	resumeBudget  = 5    // seconds
)

// resume kills a pod while its sessions talk, and measures the time until all of
// them follow their conversations at the other one.
func (b *Bench) resume() ([]report.Row, error) {
	row := report.Row{
		Scenario: "resume", Name: fmt.Sprintf("%s sessions lost with a pod, resumed elsewhere", report.Grouped(lostSessions)),
		Unit: "s", Budget: resumeBudget,
	}
	err := b.on(2, func(s *site) error {
		graph := seed.Mixed(lostSessions+stayingOnes, lostEach, idleMembers)
		if err := s.fill(graph); err != nil {
			return err
		}
		begin := time.Now()
		if err := s.crew.Join(s.fleet.Caller().Key, s.participants(graph)); err != nil {
			return err
		}
		b.options.Log("%d participants follow after %.1f s", graph.Users, time.Since(begin).Seconds())
		return s.killOne(graph, &row)
	})
	return []report.Row{row}, err
}

// participants are at the pod that will die, but for the last ones.
func (s *site) participants(graph seed.Graph) []load.Participant {
	dying, staying := s.fleet.Pods[0].URL(), s.fleet.Pods[1].URL()
	all := make([]load.Participant, graph.Users)
	for user := range all {
		urls := []string{dying, staying}
		if user >= lostSessions {
			urls = []string{staying}
		}
		all[user] = load.Participant{Name: seed.Username(user), User: seed.User(user), URLs: urls}
	}
	return all
}

func (s *site) killOne(graph seed.Graph, row *report.Row) error {
	var sending errgroup.Group
	var outlived load.Outlived
	duration := s.bench.options.Duration
	sending.Go(func() (err error) {
		outlived, err = s.crew.Outlive(load.Outlive{
			Senders: everybody(graph), Seconds: duration.Seconds(), PerSecond: lostPerSecond, Bytes: textBytes,
		})
		return err
	})
	time.Sleep(duration / 3)
	killed := time.Now()
	s.fleet.Pods[0].Kill()
	if err := sending.Wait(); err != nil {
		return err
	}
	row.Value = outlived.Followed.Sub(killed).Seconds()
	row.Offered, row.Acked = outlived.Offered, outlived.Acked
	row.Facts = []report.Fact{
		{Name: "resumed", Value: float64(outlived.Resumed)},
		{Name: "delivered again", Value: float64(outlived.Again)},
	}
	if outlived.Resumed < lostSessions {
		row.Violations = append(row.Violations, fmt.Sprintf("%d of %d sessions came back", outlived.Resumed, lostSessions))
	}
	time.Sleep(resumeRest)
	staying := s.fleet.Caller().At(s.fleet.Pods[1].URL())
	return s.judgeAt(staying, row)
}

// resumeRest lets the last deliveries arrive: what no pod announced is found by a
// sweep, every 10 seconds.
const resumeRest = 12 * time.Second
