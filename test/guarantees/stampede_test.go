//go:build unix

package guarantees_test

import (
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/parley-chat/parley/test/guarantees"
)

const (
	// stampedeSize is how many sessions come back at once.
	stampedeSize = 5000
	// stampedeFiles is how many open files one process needs for them.
	stampedeFiles = stampedeSize + 1000
)

func TestFiveThousandSessionsComeBackAtOnceAndMissNothing(t *testing.T) {
	guarantees.Hold(t, func(t *testing.T, options guarantees.Options) []guarantees.Problem {
		// The runtime has raised the limit to what the system allows.
		var files syscall.Rlimit
		NewWithT(t).Expect(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)).To(Succeed())
		NewWithT(t).Expect(files.Cur).To(BeNumerically(">=", stampedeFiles), "raise the limit of open files (ulimit -n)")
		trial := guarantees.NewTrial(t, options)
		everybody := gather(t, trial, stampedeSize)
		trial.During("5,000 sessions lose their pod and come back", func() {
			trial.Fleet.Pods[0].Kill()
			everybody.awaitConnects(2)
		})
		trial.Run(2 * time.Second)
		return append(everybody.disperse(), trial.Finish()...)
	})
}
