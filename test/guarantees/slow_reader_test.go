//go:build unix

package guarantees_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
)

// hoarding is the rule that a server keeps no more than its bound for a client that
// does not read.
const hoarding history.Rule = "hoarding"

const (
	// flood is how many large messages are more than the system's buffers and the
	// server's queue for one client hold.
	flood      = 450
	floodBytes = 30_000
	floodPause = 10 * time.Millisecond
	// givingUp bounds how long the server takes to end the client's session.
	givingUp = 15 * time.Second
)

func TestAClientThatDoesNotReadIsSentAwayAndMissesNothingAfterwards(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		trial := guarantees.NewTrial(t, options)
		pair := newCrowd(t, trial)
		reading := make(chan struct{})
		pair.pairUp(func(client.Message) { <-reading })
		content := fmt.Sprintf(`{"text":"%s"}`, strings.Repeat("x", floodBytes))
		for number := range flood {
			pair.groups[0].sessions[0].Send(pair.groups[0].conversation, fmt.Sprintf("flood-%d", number), content)
			trial.Run(floodPause)
		}
		var problems []guarantees.Problem
		if !pair.givenUp() {
			problems = append(problems, guarantees.Problem{Rule: hoarding, Text: "a client that does not read is still served"})
		}
		close(reading)
		return append(append(problems, pair.disperse()...), trial.Finish()...)
	},
		guarantees.Break{Fault: "unbounded-queue", Rules: []history.Rule{hoarding}},
	)
}

// pairUp lets two users follow one conversation; the second one's messages go
// through heard.
func (c *crowd) pairUp(heard func(client.Message)) {
	group := crowdGroup{conversation: c.trial.Group("fast", "slow"), owner: "fast"}
	for _, each := range []struct {
		name  string
		heard func(client.Message)
	}{{"fast", nil}, {"slow", heard}} {
		user, err := c.trial.Fleet.Caller().EnsureUser(c.ctx, each.name)
		c.Expect(err).NotTo(HaveOccurred())
		participant := c.session(each.name, user, each.heard)
		c.Expect(c.open(participant)).To(Succeed())
		group.sessions = append(group.sessions, participant)
	}
	c.groups = []crowdGroup{group}
}

// givenUp waits until the servers have closed a session as slow.
func (c *crowd) givenUp() bool {
	for deadline := time.Now().Add(givingUp); time.Now().Before(deadline); c.trial.Run(crowdPoll) {
		if c.trial.Fleet.Sum(c.ctx, "chat_slow_sessions_total") > 0 {
			return true
		}
	}
	return false
}
