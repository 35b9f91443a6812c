//go:build fault

package redis

import "os"

// The faults that PARLEY_FAULT names. Each breaks one rule of the bus, so that
// the tests which guard the rule can be seen to fail.
const (
	faultSkipConfirmation = "skip-confirmation"    // Subscribe does not wait
	faultNoProbe          = "no-probe"             // silent connections are kept
	faultNoRebuild        = "no-rebuild"           // lost connections are not replaced
	faultSharedNames      = "shared-channel-names" // channels are named without the project
)

func fault(name string) bool { return os.Getenv("PARLEY_FAULT") == name }
