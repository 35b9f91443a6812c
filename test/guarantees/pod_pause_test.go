//go:build unix

package guarantees_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
	"github.com/parley-chat/parley/test/services"
)

// pause is longer than transactions, locks and the patience of a bus last.
const pause = 8 * time.Second

// A paused pod gets what Redis kept for its connection when it goes on; one that
// Redis has forgotten meanwhile has to find out by itself what it missed.
func TestAPodThatRedisForgetsWhileItIsPausedGoesOnInOrder(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		redis := services.Redis(t)
		options.Redis = []string{redis.URL()}
		trial := guarantees.NewTrial(t, options)
		trial.Run(time.Second)
		trial.During("a pod is paused", func() {
			g := NewWithT(t)
			g.Expect(trial.Fleet.Pods[0].Pause()).To(Succeed())
			trial.Run(pause / 2)
			redis.Stop(t)
			redis.Start(t)
			trial.Run(pause / 2)
			g.Expect(trial.Fleet.Pods[0].Resume()).To(Succeed())
			trial.Run(3 * time.Second) // the bus comes back, and the sweep with it
		})
		trial.Run(2 * time.Second)
		return trial.Finish()
	},
		guarantees.Break{Fault: "skip-repair", Rules: missed},
	)
}
