// Package scope bounds the life of what a measurement starts: databases, servers,
// load generators and folders end with the scope that they belong to.
//
// What may enter: the rules of services.Scope for a command. What may not: what is
// started (packages services and fleet), and measurements.
package scope

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

// Scope is a services.Scope of a command. Its methods are safe for concurrent use,
// but for Fatal and Fatalf, which the goroutine that called Run alone may call.
type Scope struct {
	ctx context.Context

	mu       sync.Mutex
	cleanups []func()
	errs     []error
}

// Run calls the function with a new scope and ends that scope. It returns the
// function's error, and what Error and Fatal were told.
func Run(ctx context.Context, do func(*Scope) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &Scope{ctx: ctx}
	returned := make(chan error, 1)
	// Fatal ends its goroutine, as that of a test does.
	go func() {
		var err error
		defer func() { returned <- err }()
		err = do(s)
	}()
	err := <-returned
	s.end()
	return errors.Join(append([]error{err}, s.errs...)...)
}

// end calls the cleanups, the latest first; one may add others.
func (s *Scope) end() {
	for {
		s.mu.Lock()
		last := len(s.cleanups) - 1
		if last < 0 {
			s.mu.Unlock()
			return
		}
		cleanup := s.cleanups[last]
		s.cleanups = s.cleanups[:last]
		s.mu.Unlock()
		cleanup()
	}
}

// Helper does nothing: a command has no line numbers to report.
func (s *Scope) Helper() {}

// Context ends with the scope.
func (s *Scope) Context() context.Context { return s.ctx }

// TempDir makes a folder that goes with the scope.
func (s *Scope) TempDir() string {
	folder, err := os.MkdirTemp("", "chatbench-")
	if err != nil {
		s.Fatal(fmt.Errorf("make a folder: %w", err))
	}
	s.Cleanup(func() { _ = os.RemoveAll(folder) }) // what is left in the temporary folder hurts nobody
	return folder
}

// Cleanup has a function called when the scope ends, the latest first.
func (s *Scope) Cleanup(cleanup func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cleanups = append(s.cleanups, cleanup)
}

// Error makes Run fail in the end.
func (s *Scope) Error(arguments ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, argument := range arguments {
		if err, ok := argument.(error); ok {
			s.errs = append(s.errs, err)
			return
		}
	}
	s.errs = append(s.errs, errors.New(fmt.Sprint(arguments...)))
}

// Fatal makes Run fail at once.
func (s *Scope) Fatal(arguments ...any) {
	s.Error(arguments...)
	runtime.Goexit()
}

// Fatalf is Fatal with a format.
func (s *Scope) Fatalf(format string, arguments ...any) { s.Fatal(fmt.Errorf(format, arguments...)) }
