package scenario

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// atOnce does something for each number below count, up to limit at a time, and
// returns the first error.
func atOnce(ctx context.Context, limit, count int, do func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(limit)
	for i := range count {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}
