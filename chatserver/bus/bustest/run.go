package bustest

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/parley-chat/parley/chatserver/bus"
)

// Patience is how long a test waits for what has to happen before it calls the
// bus stuck.
const Patience = 15 * time.Second

// Harness makes the buses of one engine.
type Harness struct {
	// Network gives a test a network of its own: a function that joins pods.
	// The suite closes what it joined.
	Network func(t *testing.T) func(bus.Receiver) bus.Bus
	// Remote says that Subscribe has to wait for a server.
	Remote bool
}

type rule struct {
	name  string
	check func(*fixture)
}

// Run runs the suite.
func Run(t *testing.T, harness Harness) {
	rules := append(append([]rule{}, deliveryRules...), lifecycleRules...)
	if harness.Remote {
		rules = append(rules, remoteRules...)
	}
	for _, one := range rules {
		t.Run(one.name, func(t *testing.T) {
			VerifyNoLeak(t)
			one.check(&fixture{WithT: NewWithT(t), t: t, join: harness.Network(t)})
		})
	}
}

// VerifyNoLeak fails a test whose goroutines outlive it. Call it after the
// test's servers are started and before its buses are opened. A server that
// the test starts again ends later, with the test.
func VerifyNoLeak(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() {
		goleak.VerifyNone(t, before,
			goleak.IgnoreAnyFunction("os/exec.(*Cmd).Wait"), goleak.IgnoreAnyFunction("os/exec.(*Cmd).Start.func2"))
	})
}
