//go:build unix

package guarantees_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/parley-chat/parley/test/client"
	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/history"
)

// restless is how long a participant keeps a connection, at most.
const restless = 200 * time.Millisecond

// leaveOften has participants lose their connections again and again, each at
// moments of its own, until the context ends.
func leaveOften(ctx context.Context, participants []*client.Participant) {
	var leaving sync.WaitGroup
	for _, participant := range participants {
		leaving.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-time.After(rand.N(restless)):
					participant.Leave()
				}
			}
		})
	}
	leaving.Wait()
}

func TestNothingIsMissedWhileSessionsAttachAndResumeAmongSends(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		options.Participants, options.Senders, options.Rate = 12, 2, 100
		trial := guarantees.NewTrial(t, options)
		ctx, cancel := context.WithTimeout(trial.Context(), 5*time.Second)
		defer cancel()
		leaveOften(ctx, trial.Participants[options.Senders:])
		return trial.Finish()
	},
		guarantees.Break{Fault: "attach-unsynced", Rules: []history.Rule{history.Gap}},
	)
}
