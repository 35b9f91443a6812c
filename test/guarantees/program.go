//go:build unix

package guarantees

import (
	"context"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/parley-chat/parley/test/fleet"
	"github.com/parley-chat/parley/test/services"
)

// fleetsAtOnce bounds the trials that run side by side. It is more than there may
// be processors, because a trial waits more than it works.
const fleetsAtOnce = "4"

// Main runs a test binary's tests; see services.Main.
func Main(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", fleetsAtOnce); err != nil {
		panic(err)
	}
	services.Main(m)
}

// The chat server is built once per test binary, with the race detector and with
// the faults, none of which is on by itself.
var (
	program     = sync.OnceValues(func() (string, error) { return build("fault") })
	nextProgram = sync.OnceValues(func() (string, error) { return build("fault,nextschema") })
)

// NextProgram is the chat server of the release after this one, as a rehearsal of
// it: it has migrations that this one does not know.
func NextProgram() (string, error) { return nextProgram() }

func build(tags string) (string, error) {
	folder, err := os.MkdirTemp("", "parley-guarantees-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the chat server: %w", err)
	}
	services.AtExit(func() { _ = os.RemoveAll(folder) }) // what is left in the temporary folder hurts nobody
	return fleet.Build(context.Background(), folder, "-race", "-tags", tags)
}
