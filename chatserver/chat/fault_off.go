//go:build !fault

package chat

// The faults exist only in builds with the tag fault.
const (
	faultNewClientID   = ""
	faultRefuseUnknown = ""
)

func fault(string) bool { return false }
