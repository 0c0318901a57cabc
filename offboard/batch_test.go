package offboard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

func crowdCode(i int) string { return fmt.Sprintf("C%04d", i) }

// crowd is a practice with so many clients, C0000 and so on.
func crowd(n int) offboardtest.World {
	w := offboardtest.World{Edition: nimbus.EditionCDM}
	for i := range n {
		w.Clients = append(w.Clients, offboardtest.Client{Code: crowdCode(i), Name: fmt.Sprint("Client ", i),
			XPM: &offboardtest.XPMClient{}, Nimbus: &offboardtest.NimbusClient{Integrated: true, HistoryRows: 10 + i%3,
				Documents: []offboardtest.Document{{Name: "Letter.pdf", Content: crowdCode(i)}}}})
	}
	return w
}

// batch is a run of many clients of a crowd.
type batch struct {
	practice *offboardtest.Practice
	journal  *offboardtest.Journal
	runner   offboard.Runner

	mu    sync.Mutex
	calls map[string]int // of XPM, by the last parts of their paths
	waves [][]string
	held  []offboard.Record
}

// newBatch off-boards the first clients of a world, all under one policy.
func newBatch(t *testing.T, world offboardtest.World, leave int, policy offboard.Policy, b offboard.Batch) *batch {
	t.Helper()
	return newBatchFrom(t, offboard.SourceXPM, world, leave, policy, b)
}

func newBatchFrom(t *testing.T, source offboard.Source, world offboardtest.World, leave int, policy offboard.Policy, b offboard.Batch) *batch {
	t.Helper()
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	s := &batch{practice: practice, journal: &offboardtest.Journal{}, calls: map[string]int{}}
	systems, err := practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if path, ok := strings.CutPrefix(r.URL.Path, offboardtest.XPMPath); ok {
				s.mu.Lock()
				s.calls[path]++
				s.mu.Unlock()
			}
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := offboard.Spec{Source: source, Policy: policy}
	for i := range leave {
		spec.Entities = append(spec.Entities, offboard.Entity{Code: crowdCode(i)})
	}
	s.runner = offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: s.journal,
		Operator: seesBystanders(practice), Wait: 100 * 24 * time.Hour, Batch: b,
		OnRecord: func(r offboard.Record) {
			switch r.Kind {
			case offboard.KindWave:
				s.waves = append(s.waves, r.Clients)
			case offboard.KindHeld:
				s.held = append(s.held, r)
			}
		}}
	return s
}

func (s *batch) run(t *testing.T) run {
	t.Helper()
	report, err := s.runner.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return run{s.practice, s.journal, report, s.practice.State()}
}

func (s *batch) sizes() (sizes []int) {
	for _, w := range s.waves {
		sizes = append(sizes, len(w))
	}
	return sizes
}

func count(r run, state offboard.State) (n int) {
	for _, c := range r.report.Clients {
		if c.State == state {
			n++
		}
	}
	return n
}

// I10, R7: a canary first, then waves, each with one sync for all of its clients.
func TestBatch_waves(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(40), 30, archiveCDM, offboard.Batch{Wave: 12})
		r := s.run(t)
		if got := s.sizes(); !slices.Equal(got, []int{1, 12, 12, 5}) {
			t.Errorf("waves of %v", got)
		}
		syncs := 0
		for _, op := range r.destroyed() {
			if op == "start-sync" {
				syncs++
			}
		}
		if count(r, offboard.Done) != 30 || syncs != 4 {
			t.Errorf("%d done, %d syncs", count(r, offboard.Done), syncs)
		}
		for _, c := range r.report.Clients {
			if !slices.Contains(s.waves[c.Wave-1], c.Code) {
				t.Errorf("%s is reported in wave %d", c.Code, c.Wave)
			}
		}
		checkInvariants(t, r)
	})
}

// I10: more clients than the cap are refused before anything is asked.
func TestBatch_cap(t *testing.T) {
	s := newBatch(t, crowd(5), 5, keepCDM, offboard.Batch{Cap: 4})
	_, err := s.runner.Run(context.Background())
	var cap *offboard.CapError
	if !errors.As(err, &cap) || cap.Clients != 5 || cap.Cap != 4 || len(s.calls) != 0 {
		t.Errorf("%v, calls %v", err, s.calls)
	}
	if _, err := s.runner.Preview(context.Background()); !errors.As(err, &cap) {
		t.Errorf("a preview: %v", err)
	}
}

// hookAfter calls f once, when the step of the client is done for the first time.
func hookAfter(step, client string, f func()) func(offboard.Record) {
	called := false
	return func(r offboard.Record) {
		if r.Step == step && r.Client == client && r.State == offboard.Done && !called {
			called = true
			f()
		}
	}
}

// One client's failure stops nobody else, up to the threshold; what failed is all
// that a further run does.
func TestBatch_failures(t *testing.T) {
	for most, want := range map[int]struct {
		done int
		halt bool
	}{3: {done: 27}, 2: {done: 7, halt: true}, -1: {done: 27}} {
		inBubble(t, func(t *testing.T) {
			s := newBatch(t, crowd(30), 30, keepCDM, offboard.Batch{Wave: 10, Canary: -1, MaxFailed: most})
			broken := []string{crowdCode(2), crowdCode(4), crowdCode(6)}
			var refuse atomic.Bool
			refuse.Store(true)
			refusing(t, s, &refuse, broken)
			report, err := s.runner.Run(context.Background())
			r := run{s.practice, s.journal, report, s.practice.State()}
			var halt *offboard.HaltError
			if errors.As(err, &halt) != want.halt || err != nil && !want.halt {
				t.Errorf("at most %d: %v", most, err)
			}
			if count(r, offboard.Done) != want.done || count(r, offboard.Failed) != 3 {
				t.Errorf("at most %d: %d done, %d failed", most, count(r, offboard.Done), count(r, offboard.Failed))
			}
			refuse.Store(false)
			before := len(r.destroyed())
			again := s.run(t)
			if count(again, offboard.Done) != 30 {
				t.Errorf("at most %d: then %d done", most, count(again, offboard.Done))
			}
			if most == 3 {
				if last := s.waves[len(s.waves)-1]; !slices.Equal(last, broken) {
					t.Errorf("the second run took out %v", last)
				}
				if got := len(again.destroyed()) - before; got != 4 { // three clients and a sync
					t.Errorf("the second run had %d destructive effects", got)
				}
			}
			checkInvariants(t, again)
		})
	}
}

// refusing makes XPM forbid to archive some clients while refuse says so.
func refusing(t *testing.T, s *batch, refuse *atomic.Bool, codes []string) {
	t.Helper()
	var ids []string
	for _, code := range codes {
		ids = append(ids, uuidOf(s.practice, code))
	}
	systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "client.api/archive") || !refuse.Load() {
				return next.RoundTrip(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			if slices.ContainsFunc(ids, func(id string) bool { return bytes.Contains(body, []byte(id)) }) {
				return answer(r, http.StatusForbidden, "application/json", `{"Type":null,"Title":"Forbidden","Status":403,"Detail":"AuthenticationUnsuccessful"}`), nil
			}
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	s.runner.Plan = offboard.NewPlan(s.runner.Plan.Spec, systems)
}

// The kill switch: no effect begins once it is thrown, and the run can go on.
func TestBatch_halt(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(12), 12, keepCDM, offboard.Batch{Wave: 4})
		var thrown atomic.Bool
		s.runner.Batch.Halt = func() string {
			if thrown.Load() {
				return "told to stop"
			}
			return ""
		}
		archived := 0
		s.runner.OnRecord = func(r offboard.Record) {
			if r.Step == offboard.StepArchiveClient && r.Kind == offboard.KindOutcome {
				archived++
				thrown.Store(archived >= 2)
			}
		}
		_, err := s.runner.Run(context.Background())
		var halt *offboard.HaltError
		if !errors.As(err, &halt) || halt.Reason != "told to stop" || archived > 2+4 {
			t.Errorf("%d archived, %v", archived, err)
		}
		var last offboard.Record
		for last = range s.journal.Records(context.Background()) {
		}
		if last.Kind != offboard.KindEnded || last.Reason != "told to stop" {
			t.Errorf("the journal ends with %+v", last)
		}
		thrown.Store(false)
		s.runner.OnRecord = nil
		if r := s.run(t); count(r, offboard.Done) != 12 {
			t.Errorf("then %d done", count(r, offboard.Done))
		}
	})
}

// The kill switch holds for people too: nobody is asked to do what a program would
// not do any more.
func TestBatch_haltByHand(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := crowd(2)
		world.Capabilities = []nimbus.Capability{}
		s := newBatch(t, world, 2, keepCDM, offboard.Batch{Halt: func() string { return "told to stop" }})
		s.runner.Operator = offboard.OperatorFunc(func(_ context.Context, task offboard.Task) (offboard.Answer, error) {
			t.Errorf("asked for %s", task.ID)
			return offboard.Answer{}, offboard.ErrNoAnswer
		})
		var halt *offboard.HaltError
		if _, err := s.runner.Run(context.Background()); !errors.As(err, &halt) {
			t.Errorf("got %v", err)
		}
	})
}

// A wave begins only if the quota of the day can finish it; the wait is journaled
// and holds for a run that is started again, too.
func TestBatch_spentDay(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(20), 20, keepCDM, offboard.Batch{Wave: 10})
		began := time.Now()
		s.runner.Plan.Quota = fixedQuota{began.Add(20 * time.Hour)}
		s.runner.Wait = time.Hour
		if r := s.run(t); r.report.State() != offboard.Waiting || len(r.destroyed()) != 0 {
			t.Errorf("%s after %q", r.report.State(), r.destroyed())
		}
		if len(s.held) != 1 || !s.held[0].Until.Equal(began.Add(20*time.Hour)) {
			t.Fatalf("held: %+v", s.held)
		}
		feed := offboard.NewFeed(s.runner.Plan, nil)
		defer feed.Close()
		if err := feed.Recall(context.Background(), s.journal); err != nil || !feed.Tally().Held.Equal(s.held[0].Until) {
			t.Errorf("a feed knows %v, %v", feed.Tally().Held, err)
		}
		s.runner.Plan.Quota = fixedQuota{} // a new process has seen no calls
		s.runner.Wait = 48 * time.Hour
		r := s.run(t)
		if took := time.Since(began); count(r, offboard.Done) != 20 || took < 20*time.Hour || took > 21*time.Hour {
			t.Errorf("%d done after %s", count(r, offboard.Done), took)
		}
	})
}

type fixedQuota struct{ free time.Time }

func (q fixedQuota) Quota() xpm.Quota     { return xpm.Quota{Minute: -1, Day: -1} }
func (q fixedQuota) FreeAt(int) time.Time { return q.free }

// R8a, I12: clients that were archived before are exported before any sync, which
// removes them whatever their wave is.
func TestBatch_archivedBefore(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := crowd(30)
		for _, i := range []int{7, 19, 24} {
			world.Clients[i].XPM.Archived = true
		}
		s := newBatch(t, world, 30, archiveCDM, offboard.Batch{Wave: 10})
		r := s.run(t)
		if first := s.waves[0]; count(r, offboard.Done) != 30 || !slices.Equal(first, []string{crowdCode(7)}) {
			t.Errorf("%d done, the canary is %v", count(r, offboard.Done), first)
		}
		checkInvariants(t, r)
	})
}

// I10: a client that changed after it was approved waits for another approval,
// and holds up nobody.
func TestBatch_changedSinceApproval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newBatch(t, crowd(8), 8, archiveCDM, offboard.Batch{})
		var approved atomic.Bool
		s.runner.OnRecord = func(r offboard.Record) {
			if r.Kind == offboard.KindAnswered {
				approved.Store(true)
			}
		}
		s.runner.Batch.Halt = func() string {
			if approved.Load() {
				return "after the approval"
			}
			return ""
		}
		var halt *offboard.HaltError
		if _, err := s.runner.Run(context.Background()); !errors.As(err, &halt) {
			t.Fatal(err)
		}
		if _, err := s.practice.Nimbus.AddDocument(crowdCode(3), nimbustestDocument{Name: "late.pdf", Content: []byte("late")}); err != nil {
			t.Fatal(err)
		}
		s.runner.Batch.Halt, s.runner.Operator = nil, nil
		r := s.run(t)
		if count(r, offboard.Done) != 7 || r.step(crowdCode(3), offboard.StepApprove).State != offboard.Manual {
			t.Errorf("%d done, %s", count(r, offboard.Done), r.step(crowdCode(3), offboard.StepApprove).State)
		}
		if len(r.report.Tasks) != 1 || !strings.Contains(r.report.Tasks[0].Do[0], "client "+crowdCode(3)) {
			t.Errorf("asked for: %+v", r.report.Tasks)
		}
		s.runner.Operator = offboard.Approve("Pat Example", "tests", nil)
		again := s.run(t)
		if count(again, offboard.Done) != 8 {
			t.Errorf("then %d done", count(again, offboard.Done))
		}
		checkInvariants(t, again)
	})
}

// One question covers all clients, however many they are, and says what preflight
// warns of.
func TestBatch_oneApproval(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := crowd(30)
		world.Clients[3].XPM.OpenJobs, world.Clients[4].XPM.OpenJobs = 1, 2
		s := newBatch(t, world, 30, keepCDM, offboard.Batch{})
		asked := 0
		s.runner.Operator = offboard.OperatorFunc(func(_ context.Context, task offboard.Task) (offboard.Answer, error) {
			asked++
			if !strings.Contains(task.Do[0], "30 clients (C0000, ") || !strings.Contains(task.Do[0], "and 10 more") {
				t.Errorf("asked for %q", task.Do)
			}
			if !slices.Contains(task.Do, "preflight warns of openJobs (2 clients) (P10)") {
				t.Errorf("P10: asked for %q", task.Do)
			}
			return offboard.Answer{Yes: true, By: "Pat Example"}, nil
		})
		if r := s.run(t); count(r, offboard.Done) != 30 || asked != 1 {
			t.Errorf("%d done after %d questions", count(r, offboard.Done), asked)
		}
	})
}
