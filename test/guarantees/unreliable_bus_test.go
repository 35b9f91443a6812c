//go:build unix

package guarantees_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
)

// unreliable has the bus lose, double, hold back and reorder every fifth payload,
// by choices that can be repeated with the seed that is printed.
func unreliable(t *testing.T) string {
	plan := fmt.Sprintf("PARLEY_CHAOS=drop=0.2,double=0.2,reorder=0.2,delay=30ms,seed=%d", rand.Uint64())
	t.Log(plan)
	return plan
}

func TestABusThatDropsDoublesDelaysAndReordersChangesNothingThatClientsSee(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		options.Environment = []string{unreliable(t)}
		options.Rate = 60
		trial := guarantees.NewTrial(t, options)
		trial.Run(5 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-repair", Rules: []history.Rule{history.Gap}},
		guarantees.Break{Fault: "any-order", Rules: []history.Rule{guarantees.Skipping, history.Gap}},
	)
}

func TestALastMessageThatTheBusLosesIsDeliveredWithinTheSweep(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		mute := filepath.Join(t.TempDir(), "mute")
		options.Environment = []string{"PARLEY_CHAOS=mute=" + mute}
		trial := guarantees.NewTrial(t, options)
		trial.Run(2 * time.Second)
		// From here on the bus loses all, so also the last event of each conversation.
		NewWithT(t).Expect(os.WriteFile(mute, nil, 0o600)).To(Succeed())
		trial.Run(time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-sweep", Rules: []history.Rule{history.Gap}},
	)
}
