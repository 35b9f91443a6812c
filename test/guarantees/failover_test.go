//go:build unix

package guarantees_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/services"
)

// unreset is the rule that whoever saw what the store lost is told to forget it.
const unreset history.Rule = "unreset"

// failover is PostgreSQL with a copy that lacks what was acked last.
type failover struct {
	t        *testing.T
	trial    *guarantees.Trial
	postgres *services.PostgresServer
	older    *services.PostgresServer
}

func newFailover(t *testing.T, options guarantees.Options) *failover {
	postgres := services.OwnPostgres(t)
	options.Postgres = postgres.DSN()
	f := &failover{t: t, trial: guarantees.NewTrial(t, options), postgres: postgres}
	f.trial.Run(time.Second)
	f.older = postgres.Copy(t)
	f.trial.Run(time.Second)
	return f
}

// settleTime is how long answers of a server that is gone may still be on their
// way.
const settleTime = 300 * time.Millisecond

// happen puts the copy in PostgreSQL's place. What was acked and is not in it is
// lost, which asynchronous replication means: the history begins anew.
func (f *failover) happen() {
	f.postgres.Stop(f.t)
	f.trial.Run(settleTime)
	f.trial.Recorder = history.NewRecorder()
	for _, participant := range f.trial.Participants {
		participant.StartOver(f.trial.Recorder)
	}
	f.older.Promote(f.t)
}

// finish also wants one reset for everybody in every conversation.
func (f *failover) finish() []guarantees.Problem {
	problems := f.trial.Finish()
	wanted := len(f.trial.Participants) * len(f.trial.Conversations)
	if resets := f.trial.Recorder.Summary().Resets; resets < wanted {
		problems = append(problems, guarantees.Problem{Rule: unreset, Text: fmt.Sprintf("%d resets, of %d", resets, wanted)})
	}
	return problems
}

func TestSessionsThatOutliveAFailoverAreResetAndGoOn(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		f := newFailover(t, options)
		f.trial.During("a copy takes PostgreSQL's place", func() {
			f.happen()
			f.trial.Run(2 * time.Second) // the sessions learn of it within a second
		})
		f.trial.Run(2 * time.Second)
		return f.finish()
	},
		guarantees.Break{Fault: "keep-stale-epoch", Rules: []history.Rule{unreset}},
	)
}

// startGuard bounds how long servers take to reach a database that is there again.
const startGuard = 20 * time.Second

// overtaking is how many messages bring a conversation beyond the rev at which it
// was before the failover.
const overtaking = 60

func TestClientsThatResumeAfterAFailoverAreResetWhateverRevTheyNameAndGoOn(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		f := newFailover(t, options)
		f.trial.During("a copy takes PostgreSQL's place while everybody is away", func() {
			f.away(true)
			f.happen()
			f.overtake()
			f.away(false)
		})
		f.trial.Run(2 * time.Second)
		return f.finish()
	},
		guarantees.Break{Fault: "ignore-epoch", Rules: []history.Rule{unreset}},
	)
}

// away ends all sessions and lets no new ones begin, or lets them.
func (f *failover) away(away bool) {
	for _, pod := range f.trial.Fleet.Pods {
		pod.Avoid(away)
	}
	if away {
		for _, participant := range f.trial.Participants {
			participant.Leave()
		}
	}
}

// overtake sends over REST, on behalf of the first participant.
func (f *failover) overtake() {
	g, ctx := NewWithT(f.t), f.trial.Context()
	caller := f.trial.Fleet.Caller().As("participant-0")
	var user int64
	ensure := func() (err error) {
		user, err = caller.EnsureUser(ctx, "participant-0")
		return err
	}
	g.Eventually(ensure).WithTimeout(startGuard).Should(Succeed())
	for _, conversation := range f.trial.Conversations {
		for number := range overtaking {
			clientID, content := fmt.Sprintf("overtaking-%d", number), map[string]int{"number": number}
			digest := history.Digest(fmt.Appendf(nil, `{"number":%d}`, number))
			f.trial.Recorder.Sent(conversation, user, clientID, digest)
			path := fmt.Sprintf("/chat/v1/conversations/%d/messages", conversation)
			body := map[string]any{"clientId": clientID, "content": content}
			g.Eventually(func() error { return caller.Post(ctx, path, body, nil) }).WithTimeout(startGuard).Should(Succeed())
		}
	}
}
