//go:build !fault

package redis

const (
	faultSkipConfirmation = ""
	faultNoProbe          = ""
	faultNoRebuild        = ""
	faultSharedNames      = ""
)

// fault reports whether a fault is switched on. Only a build with the tag fault
// has any.
func fault(string) bool { return false }
