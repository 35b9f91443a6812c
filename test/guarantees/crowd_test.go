//go:build unix

package guarantees_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
)

const (
	// groupUsers are the users of one of a crowd's groups, and userSessions the
	// sessions of each.
	groupUsers   = 5
	userSessions = 10
	// crowdPace lies between messages of a crowd.
	crowdPace = 40 * time.Millisecond
	// crowdGuard bounds how long a crowd takes to be where it should.
	crowdGuard = 3 * time.Minute
	crowdPoll  = 50 * time.Millisecond
	// openings is how many sessions a crowd opens at once at first.
	openings = 32
)

// crowd is many sessions on the first pod while that takes sessions, in groups in
// which now and then somebody sends. It has a history of its own.
type crowd struct {
	*WithT
	trial    *guarantees.Trial
	recorder *history.Recorder
	groups   []crowdGroup

	ctx     context.Context // of the sessions
	cancel  context.CancelFunc
	running errgroup.Group
	calm    context.CancelFunc
	sending sync.WaitGroup
}

type crowdGroup struct {
	conversation int64
	owner        string
	sessions     []*client.Participant
}

func newCrowd(t *testing.T, trial *guarantees.Trial) *crowd {
	c := &crowd{WithT: NewWithT(t), trial: trial, recorder: history.NewRecorder()}
	c.ctx, c.cancel = context.WithCancel(trial.Context())
	c.calm = func() {}
	return c
}

// gather opens the sessions and begins to send.
func gather(t *testing.T, trial *guarantees.Trial, sessions int) *crowd {
	t.Helper()
	c := newCrowd(t, trial)
	c.groups = make([]crowdGroup, sessions/groupUsers/userSessions)
	var opening errgroup.Group
	opening.SetLimit(openings)
	for number := range c.groups {
		c.found(number)
		group := &c.groups[number]
		for _, participant := range group.sessions {
			opening.Go(func() error { return c.open(participant) })
		}
	}
	c.Expect(opening.Wait()).To(Succeed())
	ctx, calm := context.WithCancel(c.ctx)
	c.calm = calm
	c.sending.Go(func() { c.chat(ctx) })
	return c
}

// found makes a group and the sessions of its users.
func (c *crowd) found(number int) {
	names := make([]string, groupUsers)
	for i := range names {
		names[i] = fmt.Sprintf("crowd-%d-%d", number, i)
	}
	group := crowdGroup{conversation: c.trial.Group(names...), owner: names[0]}
	for _, name := range names {
		user, err := c.trial.Fleet.Caller().EnsureUser(c.ctx, name)
		c.Expect(err).NotTo(HaveOccurred())
		for range userSessions {
			group.sessions = append(group.sessions, c.session(name, user, nil))
		}
	}
	c.groups[number] = group
}

// session makes one of a user, who is told of messages by heard unless that is nil.
func (c *crowd) session(name string, user int64, heard func(client.Message)) *client.Participant {
	preferred, any := c.trial.Fleet.Where(0), c.trial.Fleet.Where()
	return client.NewParticipant(client.ParticipantOptions{
		Name: name, User: user, Caller: c.trial.Fleet.Caller(), Recorder: c.recorder, Heard: heard,
		Where: func(ctx context.Context) (string, error) {
			if url, err := preferred(ctx); err == nil {
				return url, nil
			}
			return any(ctx)
		},
	})
}

// open starts a participant and waits until it follows its group.
func (c *crowd) open(participant *client.Participant) error {
	c.running.Go(func() error { return participant.Run(c.ctx) })
	select {
	case <-participant.Ready():
		return nil
	case <-time.After(crowdGuard):
		return fmt.Errorf("a session of the crowd is not ready within %s", crowdGuard)
	}
}

func (c *crowd) chat(ctx context.Context) {
	pace := time.NewTicker(crowdPace)
	defer pace.Stop()
	for number := 0; ; number++ {
		select {
		case <-ctx.Done():
			return
		case <-pace.C:
		}
		group := c.groups[number%len(c.groups)]
		sender := group.sessions[number/len(c.groups)%len(group.sessions)]
		sender.Send(group.conversation, fmt.Sprintf("crowd-%d", number), `{"text":"here we are"}`)
	}
}

// all reports whether the condition holds for every session.
func (c *crowd) all(condition func(*client.Participant) bool) bool {
	for _, group := range c.groups {
		for _, participant := range group.sessions {
			if !condition(participant) {
				return false
			}
		}
	}
	return true
}

// awaitConnects waits until every session has connected that often and follows.
func (c *crowd) awaitConnects(connects int) {
	c.Eventually(func() bool {
		return c.all(func(p *client.Participant) bool { return p.Stats().Follows >= connects })
	}).WithTimeout(crowdGuard).WithPolling(crowdPoll).Should(BeTrue())
}

// disperse ends the crowd once everybody has what the store has, and judges it.
func (c *crowd) disperse() []guarantees.Problem {
	c.calm()
	c.sending.Wait()
	c.Eventually(func() bool {
		return c.all(func(p *client.Participant) bool { return p.Pending() == 0 })
	}).WithTimeout(crowdGuard).WithPolling(crowdPoll).Should(BeTrue())
	stored := c.stored()
	c.Eventually(func() bool {
		for i, group := range c.groups {
			for _, participant := range group.sessions {
				if participant.Rev(group.conversation) < stored[i].Rev {
					return false
				}
			}
		}
		return true
	}).WithTimeout(crowdGuard).WithPolling(crowdPoll).Should(BeTrue())
	c.cancel()
	c.Expect(c.running.Wait()).To(Succeed())
	var problems []guarantees.Problem
	for _, violation := range c.recorder.Check(stored...) {
		problems = append(problems, guarantees.Problem{Rule: violation.Rule, Text: violation.String()})
	}
	return problems
}

func (c *crowd) stored() []history.Stored {
	url, err := c.trial.Fleet.Where()(c.ctx)
	c.Expect(err).NotTo(HaveOccurred())
	stored := make([]history.Stored, len(c.groups))
	for i, group := range c.groups {
		stored[i], err = c.trial.Fleet.Caller().At(url).As(group.owner).Stored(c.ctx, group.conversation)
		c.Expect(err).NotTo(HaveOccurred())
	}
	return stored
}
