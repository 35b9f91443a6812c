//go:build fault

package chat

import "os"

// The faults that PARLEY_FAULT names. Each breaks one promise of a send, so that
// the test which guards it can be seen to fail.
const (
	faultNewClientID   = "new-client-id"  // tries again as if it were another message
	faultRefuseUnknown = "refuse-unknown" // takes an attempt of unknown fate for one that failed
)

func fault(name string) bool { return os.Getenv("PARLEY_FAULT") == name }
