package offboard

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Of several callers at once one reads, the others wait for its answer.
func TestShared_together(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := newShared[int]()
		var wg sync.WaitGroup
		session, reads := newProgress(), 0
		for range 8 {
			wg.Go(func() {
				got, err := once.get(t.Context(), session, 0, func() (int, error) {
					reads++
					time.Sleep(time.Minute)
					return 7, nil
				})
				if got != 7 || err != nil {
					t.Errorf("got %d, %v", got, err)
				}
			})
		}
		wg.Wait()
		if reads != 1 {
			t.Errorf("read %d times", reads)
		}
		if _, err := once.get(t.Context(), newProgress(), 0, func() (int, error) { reads++; return 0, nil }); err != nil || reads != 2 {
			t.Errorf("another session: read %d times, %v", reads, err)
		}
	})
}

// Who waits, waits no longer than its own context; where a read fails, the next
// caller reads.
func TestShared_failing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := newShared[int]()
		session, broken := newProgress(), errors.New("broken")
		slow := make(chan error, 1)
		go func() {
			_, err := once.get(t.Context(), session, 0, func() (int, error) {
				time.Sleep(time.Hour)
				return 0, broken
			})
			slow <- err
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := once.get(ctx, session, 0, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		got, err := once.get(t.Context(), session, 0, func() (int, error) { return 9, nil })
		if got != 9 || err != nil || !errors.Is(<-slow, broken) {
			t.Errorf("got %d, %v", got, err)
		}
	})
}
