//go:build !fault

package postgres

const faultHalfGroups = ""

// fault reports whether a fault is switched on. Only a build with the tag fault
// has any.
func fault(string) bool { return false }

func lockStatement() string       { return lockSQL }
func appendStatement() string     { return appendSQL }
func snapshotTransaction() string { return snapshotSQL }
