package native

import (
	"maps"
	"slices"
)

// OperationNames are the ops of a client frame.
func OperationNames() []string { return slices.Sorted(maps.Keys(operations)) }
