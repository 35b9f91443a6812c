//go:build !fault

package hub

// The faults exist only in builds with the tag fault.
const (
	faultSkipRepair     = ""
	faultSkipSweep      = ""
	faultAnyOrder       = ""
	faultUnboundedQueue = ""
	faultAttachUnsynced = ""
	faultKeepRemoved    = ""
	faultIgnoreNotices  = ""
	faultShowPast       = ""
	faultCutQueue       = ""

	faultSilentDrain    = ""
	faultIgnoreEpoch    = ""
	faultKeepStaleEpoch = ""

	faultOwnClock           = ""
	faultSkipRevocationPoll = ""
)

func fault(string) bool { return false }
