//go:build unix

package guarantees_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
)

func TestADrainedPodsSessionsGoOnElsewhereAndMissNothing(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		trial := guarantees.NewTrial(t, options)
		trial.Run(2 * time.Second)
		NewWithT(t).Expect(trial.Fleet.Pods[1].Drain()).To(Succeed())
		trial.Run(2 * time.Second)
		return trial.Finish()
	})
}
