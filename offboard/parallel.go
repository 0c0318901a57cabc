package offboard

import (
	"context"
	"sync"
	"sync/atomic"
)

// inParallel calls do for 0 to n-1, in order and at most so many at a time, and
// begins no further one after the first error, which it returns, or the end of
// the context. The context of do ends with either.
func inParallel(ctx context.Context, atOnce, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if err := do(ctx, i); err != nil {
				cancel(err)
			}
		}
	}
	if atOnce = min(atOnce, n); atOnce <= 1 {
		work()
		return context.Cause(ctx)
	}
	var workers sync.WaitGroup
	for range atOnce {
		workers.Go(work)
	}
	workers.Wait()
	return context.Cause(ctx)
}
