//go:build unix

package guarantees_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
)

// unannounced is the rule that a pod which drains tells every session so.
const unannounced history.Rule = "unannounced"

// crowdSize is how many sessions a pod has that ends.
const crowdSize = 1000

// missed are the rules that a resume which skips something breaks.
var missed = []history.Rule{history.Gap}

func TestAKilledPodsSessionsResumeElsewhereAndMissNothing(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		trial := guarantees.NewTrial(t, options)
		everybody := gather(t, trial, crowdSize)
		trial.During("a pod is killed", func() {
			trial.Fleet.Pods[0].Kill()
			everybody.awaitConnects(2)
		})
		trial.Run(2 * time.Second)
		return append(everybody.disperse(), trial.Finish()...)
	},
		guarantees.Break{Fault: "attach-unsynced", Rules: missed},
	)
}

func TestADrainedPodTellsItsSessionsSoAndNobodySeesAnError(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		trial := guarantees.NewTrial(t, options)
		everybody := gather(t, trial, crowdSize)
		trial.During("a pod drains", func() {
			NewWithT(t).Expect(trial.Fleet.Pods[0].Drain()).To(Succeed())
			everybody.awaitConnects(2)
		})
		trial.Run(2 * time.Second)
		problems := append(everybody.disperse(), trial.Finish()...)
		told := 0
		everybody.all(func(p *client.Participant) bool {
			told += p.Stats().Drains
			return true
		})
		if told < crowdSize {
			problems = append(problems, guarantees.Problem{Rule: unannounced, Text: fmt.Sprintf("%d of %d sessions were told", told, crowdSize)})
		}
		return problems
	},
		guarantees.Break{Fault: "silent-drain", Rules: []history.Rule{unannounced}},
	)
}
