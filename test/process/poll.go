package process

import (
	"context"
	"fmt"
	"time"
)

// pollInterval is how often a server that starts is asked.
const pollInterval = 10 * time.Millisecond

// Poll calls check until it succeeds, the server is gone or the time is over,
// and returns the last error.
func Poll(limit time.Duration, exited <-chan struct{}, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-exited:
			return fmt.Errorf("the server ended: %w", err)
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}
