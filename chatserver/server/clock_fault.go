//go:build fault

package server

import (
	"os"
	"time"
)

// clock is the one that every part of the server gets. PARLEY_CLOCK_OFFSET has it
// go wrong by a duration.
func clock() func() time.Time {
	offset, err := time.ParseDuration(os.Getenv("PARLEY_CLOCK_OFFSET"))
	if err != nil {
		return time.Now // none is given
	}
	return func() time.Time { return time.Now().Add(offset) }
}
