//go:build !fault

package sqlite

const (
	faultSkipMemberCheck    = ""
	faultSkipDuplicateCheck = ""
)

// fault reports whether a fault is switched on. Only a build with the tag fault
// has any.
func fault(string) bool { return false }
