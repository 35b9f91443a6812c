package fleet

import "strings"

// races reports whether the race detector found something.
func races(output string) bool { return strings.Contains(output, "WARNING: DATA RACE") }
