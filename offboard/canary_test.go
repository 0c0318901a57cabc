package offboard_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// I10: where the canary does not come through, nobody follows it; once it does,
// the same run goes on.
func TestBatch_canary(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(25), 24, keepCDM, offboard.Batch{})
		s.runner.OnRecord = hookAfter(offboard.StepArchiveClient, crowdCode(0), func() {
			s.practice.XPM.SetArchived(uuidOf(s.practice, crowdCode(0)), false)
		})
		report, err := s.runner.Run(context.Background())
		var halt *offboard.HaltError
		if !errors.As(err, &halt) || !strings.Contains(halt.Reason, "canary") {
			t.Fatalf("got %v", err)
		}
		r := run{s.practice, s.journal, report, s.practice.State()}
		if count(r, offboard.Blocked) != 1 || len(r.destroyed()) > 2 {
			t.Errorf("%d blocked after %q", count(r, offboard.Blocked), r.destroyed())
		}
		s.practice.XPM.SetArchived(uuidOf(s.practice, crowdCode(0)), true)
		if again := s.run(t); count(again, offboard.Done) != 24 {
			t.Errorf("then %d done", count(again, offboard.Done))
		}
	})
}

// I10: as long as the canary has not come through, the next session begins with
// one again: a failure that is not mended takes nobody with it.
func TestBatch_canaryAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(25), 24, keepCDM, offboard.Batch{})
		var refuse atomic.Bool
		refuse.Store(true)
		refusing(t, s, &refuse, []string{crowdCode(0)})
		for range 2 {
			var halt *offboard.HaltError
			if _, err := s.runner.Run(context.Background()); !errors.As(err, &halt) || !strings.Contains(halt.Reason, "canary") {
				t.Fatalf("got %v", err)
			}
		}
		if n := len(s.practice.Effects()); n != 24 { // the histories, filed
			t.Errorf("%d effects", n)
		}
		refuse.Store(false)
		if r := s.run(t); count(r, offboard.Done) != 24 {
			t.Errorf("then %d done", count(r, offboard.Done))
		}
		if got := s.sizes(); !slices.Equal(got, []int{1, 1, 1, 23}) {
			t.Errorf("waves of %v", got)
		}
	})
}

// A canary that a killed run has begun still is one.
func TestBatch_canaryKilled(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(25), 24, keepCDM, offboard.Batch{})
		ctx, kill := context.WithCancel(context.Background())
		s.runner.OnRecord = hookAfter(offboard.StepArchiveClient, crowdCode(0), kill)
		if _, err := s.runner.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		s.practice.XPM.SetArchived(uuidOf(s.practice, crowdCode(0)), false) // I11
		var halt *offboard.HaltError
		if _, err := s.runner.Run(context.Background()); !errors.As(err, &halt) || !strings.Contains(halt.Reason, "canary") {
			t.Errorf("got %v", err)
		}
	})
}
