//go:build fault

package hub

import "os"

// The faults that PARLEY_FAULT names. Each breaks one promise of delivery, so
// that the test which guards it can be seen to fail.
const (
	faultSkipRepair     = "skip-repair"     // gives up on missing changes
	faultSkipSweep      = "skip-sweep"      // never asks the store on its own
	faultAnyOrder       = "any-order"       // delivers as it comes
	faultUnboundedQueue = "unbounded-queue" // lets any amount wait for a client
	faultAttachUnsynced = "attach-unsynced" // forgets what happens while a session attaches
	faultKeepRemoved    = "keep-removed"    // goes on delivering to members that left
	faultIgnoreNotices  = "ignore-notices"  // does not attach new members
	faultShowPast       = "show-past"       // tells members what was before they joined
	faultCutQueue       = "cut-queue"       // closes without writing what is queued

	faultSilentDrain    = "silent-drain"     // sends sessions away without a word
	faultIgnoreEpoch    = "ignore-epoch"     // resumes what was seen in another life of the data
	faultKeepStaleEpoch = "keep-stale-epoch" // goes on delivering from where another life of the data was

	faultOwnClock           = "own-clock"            // reads the store's changes by the pod's clock
	faultSkipRevocationPoll = "skip-revocation-poll" // never asks the store for revoked tokens
)

func fault(name string) bool { return os.Getenv("PARLEY_FAULT") == name }
