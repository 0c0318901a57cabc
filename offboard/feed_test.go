package offboard_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

// The events of a run, in order, are those of its journal.
func TestFeed_events(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		var kinds []string
		moves := map[string][]offboard.State{}
		feed := offboard.NewFeed(runner.Plan, func(e offboard.Event) {
			kinds = append(kinds, reflect.TypeOf(e).Name())
			if m, ok := e.(offboard.StepMoved); ok {
				moves[m.Step] = append(moves[m.Step], m.To)
			}
		})
		runner.OnRecord = feed.Record
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		feed.Close()
		if kinds[0] != "RunBegan" || kinds[len(kinds)-1] != "RunEnded" {
			t.Errorf("from %s to %s", kinds[0], kinds[len(kinds)-1])
		}
		for _, want := range []string{"WaveBegan", "EffectBegan", "EffectEnded", "TaskAsked", "TaskAnswered"} {
			if !slices.Contains(kinds, want) {
				t.Errorf("no %s among %q", want, kinds)
			}
		}
		if got := moves[offboard.StepArchiveClient]; !slices.Equal(got, []offboard.State{offboard.Todo, offboard.Done}) {
			t.Errorf("the client's archiving went through %v", got)
		}
		if tally := feed.Tally(); tally.Done != 1 || tally.StepsDone != tally.Steps || tally.Steps != 10 {
			t.Errorf("%+v", tally)
		}
	})
}

// A listener that never returns holds up no run, and hears what it missed.
func TestFeed_slowListener(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(150), 150, keepCDM, offboard.Batch{Cap: 150, Wave: 150, Canary: -1})
		block := make(chan struct{})
		heard, missed := 0, 0
		feed := offboard.NewFeed(s.runner.Plan, func(e offboard.Event) {
			<-block
			heard++
			if m, ok := e.(offboard.Missed); ok {
				missed += m.Events
			}
		})
		s.runner.OnRecord = feed.Record
		r := s.run(t)
		if count(r, offboard.Done) != 150 {
			t.Errorf("%d done", count(r, offboard.Done))
		}
		close(block)
		feed.Close()
		if heard < 1000 || missed == 0 {
			t.Errorf("heard %d, missed %d", heard, missed)
		}
	})
}

// Who asks a person has the listener told everything first, and does not wait for
// one that never returns.
func TestFeed_Flush(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		var last atomic.Value
		block := make(chan struct{})
		feed := offboard.NewFeed(runner.Plan, func(e offboard.Event) {
			time.Sleep(time.Second) // of virtual time
			last.Store(reflect.TypeOf(e).Name())
			if _, ok := e.(offboard.TaskAnswered); ok {
				<-block
			}
		})
		runner.OnRecord = feed.Record
		runner.Operator = offboard.OperatorFunc(func(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
			if feed.Flush(ctx); last.Load() != "TaskAsked" {
				t.Errorf("the last that was told before the question is %v", last.Load())
			}
			return offboard.Answer{Yes: true, By: "Pat Example"}, nil
		})
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if feed.Flush(ctx); ctx.Err() == nil {
			t.Error("a listener that hangs is taken to have been told")
		}
		close(block)
		feed.Close()
		if last.Load() != "RunEnded" {
			t.Errorf("the last is %v", last.Load())
		}
	})
}

// An answer that does not do is told with who gave it.
func TestFeed_declined(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		var asked []offboard.TaskAsked
		feed := offboard.NewFeed(runner.Plan, func(e offboard.Event) {
			if a, ok := e.(offboard.TaskAsked); ok {
				asked = append(asked, a)
			}
		})
		runner.OnRecord = feed.Record
		runner.Operator = offboard.OperatorFunc(func(context.Context, offboard.Task) (offboard.Answer, error) {
			return offboard.Answer{By: "Pat Example"}, nil
		})
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		feed.Close()
		if len(asked) != 2 || asked[0].Reason != "" || asked[0].By != "" || asked[1].Reason == "" || asked[1].By != "Pat Example" {
			t.Errorf("%+v", asked)
		}
	})
}

// A run that is continued is told from where it stood.
func TestFeed_Recall(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, keepCDM, "ACME01", "BETA02")
		feed := offboard.NewFeed(s.runner(t, keepCDM, "ACME01", "BETA02").Plan, nil)
		defer feed.Close()
		if got := feed.Tally(); got.StepsDone != 0 {
			t.Errorf("before: %+v", got)
		}
		if err := feed.Recall(context.Background(), s.journal); err != nil {
			t.Fatal(err)
		}
		if got := feed.Tally(); got.Done != 2 || got.StepsDone != got.Steps {
			t.Errorf("%+v", got)
		}
		other := offboard.NewFeed(s.runner(t, archiveCDM, "ACME01", "BETA02").Plan, nil)
		defer other.Close()
		if err := other.Recall(context.Background(), s.journal); err != nil {
			t.Fatal(err)
		}
		if got := other.Tally(); got.Done != 0 || got.StepsDone != 0 {
			t.Errorf("under another policy: %+v", got)
		}
	})
}

// The estimate is not known before a wave is through that is no canary; then it is
// what the run still takes, between waves and within one.
func TestFeed_Tally_estimate(t *testing.T) {
	for _, canary := range []int{-1, 1} {
		inBubble(t, func(t *testing.T) {
			world := crowd(41)
			world.Sync.Takes = offboardtest.Duration(5 * time.Minute)
			s := newBatch(t, world, 41, keepCDM, offboard.Batch{Wave: 10, Canary: canary})
			feed := offboard.NewFeed(s.runner.Plan, nil)
			type moment struct {
				at    time.Time
				tally offboard.Tally
			}
			var moments []moment
			waves := 0
			s.runner.OnRecord = func(r offboard.Record) {
				feed.Record(r)
				if r.Kind == offboard.KindWave {
					waves++
				}
				if r.Step == offboard.StepFullClientSync || r.Kind == offboard.KindWave {
					moments = append(moments, moment{time.Now(), feed.Tally()})
					if known := waves > max(0, canary)+1; moments[len(moments)-1].tally.Known != known {
						t.Errorf("canary %d, wave %d: %+v", canary, waves, moments[len(moments)-1].tally)
					}
				}
			}
			s.run(t)
			end := time.Now()
			feed.Close()
			if got := feed.Tally(); got.Left != 0 || got.Done != 41 {
				t.Errorf("at the end: %+v", got)
			}
			for _, m := range moments {
				took := end.Sub(m.at)
				if m.tally.Known && (m.tally.Left < took-2*time.Minute || m.tally.Left > took+2*time.Minute) {
					t.Errorf("canary %d, with %d done: %s left, and it took %s more", canary, m.tally.Done, m.tally.Left, took)
				}
			}
		})
	}
}

// A wait for the quota of a day is no part of the pace.
func TestFeed_Tally_held(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(30), 30, keepCDM, offboard.Batch{Wave: 10, Canary: -1})
		feed := offboard.NewFeed(s.runner.Plan, nil)
		defer feed.Close()
		waves, last := 0, offboard.Tally{}
		s.runner.OnRecord = func(r offboard.Record) {
			feed.Record(r)
			switch r.Kind {
			case offboard.KindWave:
				waves++
				last = feed.Tally()
				if waves == 1 {
					s.runner.Plan.Quota.(*laterQuota).free = time.Now().Add(20 * time.Hour)
				}
			case offboard.KindHeld:
				if got := feed.Tally(); !got.Held.Equal(r.Until) {
					t.Errorf("held until %s, and it says %s", r.Until, got.Held)
				}
			}
			if waves == 2 && !last.Known {
				t.Errorf("%+v", last)
			}
		}
		s.runner.Plan.Quota = &laterQuota{}
		s.run(t)
		if waves != 3 || last.Left > time.Hour {
			t.Errorf("after %d waves: %+v", waves, last)
		}
	})
}

// laterQuota is a quota that is used up until some time.
type laterQuota struct{ free time.Time }

func (q *laterQuota) Quota() xpm.Quota     { return xpm.Quota{Minute: -1, Day: -1} }
func (q *laterQuota) FreeAt(int) time.Time { return q.free }

// I8: what the Runner logs holds no Client Code, no name and no reason.
func TestRunner_Logger(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, with(archiveCDM, offboard.ContactsDelete, ""), "ACME01")
		var log bytes.Buffer
		runner.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"ACME", "acme", "Acme", "Billie", "example.com", "archived in XPM"} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("I8: the log holds %q", secret)
			}
		}
		if want := fmt.Sprintf("msg=%s", offboard.KindOutcome); !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %s:\n%s", want, log.String())
		}
	})
}
