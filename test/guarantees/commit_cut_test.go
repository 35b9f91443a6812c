//go:build unix

package guarantees_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
	"github.com/parley-chat/parley/test/proxy"
	"github.com/parley-chat/parley/test/services"
)

// leastCuts is how many lost commits make a trial.
const leastCuts = 10

// cutCommits runs a trial whose pods lose connections to PostgreSQL around COMMIT.
func cutCommits(verdict proxy.Verdict) guarantees.Scenario {
	return func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		postgres := services.OwnPostgres(t)
		cutter := &commitCutter{verdict: verdict}
		between := proxy.New(t, postgres.Addr(), cutter.inspector)
		options.Postgres = strings.Replace(postgres.DSN(), postgres.Addr(), between.Addr(), 1)
		options.Rate = 60
		options.MaxLag = 2 * time.Second
		trial := guarantees.NewTrial(t, options)
		cutter.active.Store(true)
		trial.Run(6 * time.Second)
		cutter.active.Store(false)
		problems := trial.Finish()
		NewWithT(t).Expect(cutter.cuts.Load()).To(BeNumerically(">=", leastCuts))
		t.Logf("%d of %d commits were cut", cutter.cuts.Load(), cutter.commits.Load())
		return problems
	}
}

func TestASendWhoseCommitHasNoAnswerIsStoredOnceAndAckedAsItIsStored(t *testing.T) {
	guarantees.Hold(t, cutCommits(proxy.Pass),
		guarantees.Break{Fault: "new-client-id", Rules: []history.Rule{history.Unasked}},
		guarantees.Break{Fault: "refuse-unknown", Rules: []history.Rule{history.Refused}},
	)
}

func TestASendWhoseCommitNeverArrivesIsStoredByTheNextAttempt(t *testing.T) {
	guarantees.Hold(t, cutCommits(proxy.Cut),
		guarantees.Break{Fault: "refuse-unknown", Rules: []history.Rule{guarantees.Refusing}},
	)
}
