package services

import "context"

// Scope is what a server belongs to and ends with. Every testing.TB is one; a
// command that starts servers brings its own.
type Scope interface {
	Helper()
	Context() context.Context
	TempDir() string
	// Cleanup has a function called when the scope ends, the latest first.
	Cleanup(func())
	Error(arguments ...any)
	// Fatal and Fatalf say what is wrong and do not return.
	Fatal(arguments ...any)
	Fatalf(format string, arguments ...any)
}
