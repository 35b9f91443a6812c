//go:build fault

package sqlite

import "os"

// The faults that PARLEY_FAULT names. Each breaks one rule of the append, so
// that the tests which guard the rule can be seen to fail.
const (
	faultSkipMemberCheck    = "skip-member-check"    // takes messages of removed members
	faultSkipDuplicateCheck = "skip-duplicate-check" // leaves duplicates to the constraint
)

func fault(name string) bool { return os.Getenv("PARLEY_FAULT") == name }
