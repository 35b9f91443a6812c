//go:build !fault

package postgres

import "github.com/parley-chat/parley/chatserver/store"

const (
	faultHalfGroups      = ""
	faultAckBeforeCommit = ""
)

// fault reports whether a fault is switched on. Only a build with the tag fault
// has any.
func fault(string) bool { return false }

func lockStatement() string { return lockSQL }

func appendStatement(group []store.NewMessage) string { return appendFor(group) }

func snapshotTransaction() string { return snapshotSQL }
