//go:build !fault

package server

import "time"

// clock is the one that every part of the server gets.
func clock() func() time.Time { return time.Now }
