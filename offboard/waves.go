package offboard

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// drive surveys all clients and takes them out, wave by wave.
func (s *session) drive(ctx context.Context, deadline time.Time) error {
	if err := s.holdToPlan(ctx); err != nil {
		return err
	}
	w := s.newWaves()
	for {
		wake, err := s.work(ctx, s.surveySteps(), w.surveyed, 0)
		if err != nil {
			return err
		}
		w.admit()
		clients, number, err := w.next(ctx)
		if err != nil {
			return err
		}
		if number > 0 {
			due, err := s.work(ctx, s.infos, clients, number)
			if err != nil {
				return err
			}
			if due.IsZero() {
				w.close()
				continue
			}
			wake = earlier(wake, due)
		} else {
			wake = earlier(wake, w.held)
		}
		if wake.IsZero() || !wake.Before(deadline) {
			return nil
		}
		if err := sleepUntil(ctx, wake); err != nil {
			return err
		}
	}
}

// holdToPlan looks at all clients as far as a plan does, and refuses one that the
// world has moved away from.
func (s *session) holdToPlan(ctx context.Context) error {
	if s.Approved == nil {
		return nil
	}
	looked := s.infos[:s.Plan.Index(StepPreflight)+1]
	if _, err := s.work(ctx, looked, s.Plan.Spec.codes(), 0); err != nil {
		return err
	}
	if changes := s.moved(); len(changes) > 0 {
		return &StalePlanError{changes}
	}
	return nil
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// surveySteps are those up to the approval: all clients take them before any of
// them is taken out.
func (s *session) surveySteps() []StepInfo {
	return s.infos[:s.Plan.Index(StepApprove)+1]
}

// waves is who is in which wave of one session.
type waves struct {
	*session
	surveyed []string         // who is still to come through the survey
	ready    []string         // who waits for a wave
	begun    map[int][]string // waves that an earlier session began
	running  int              // the wave under way, 0 if none
	failed   int              // clients that were stopped in waves
	trial    int              // the wave that is the canary, 0 if none
	canary   bool             // it did not come through
	parked   bool             // a wave waits for a person
	held     time.Time        // no wave begins before: a quota is used up
}

func (s *session) newWaves() *waves {
	return &waves{session: s, surveyed: s.Plan.Spec.codes(), begun: map[int][]string{}}
}

// admit takes those who came through the survey, or were stopped in it, from the
// surveyed. Finishing beats starting: who was touched comes first, and then who
// would be removed by whatever sync comes next.
func (w *waves) admit() {
	p := w.progress
	p.mu.RLock()
	defer p.mu.RUnlock()
	var wait []string
	for _, code := range w.surveyed {
		u := unit{client: code}
		switch wave := p.waveOf[code]; {
		case p.stopped(u):
		case !w.through(w.surveySteps(), u, 0):
			wait = append(wait, code)
		case w.through(w.infos, u, wave):
		case wave > 0:
			w.begun[wave] = append(w.begun[wave], code)
		default:
			w.ready = append(w.ready, code)
		}
	}
	w.surveyed = wait
	first := func(code string) int {
		switch {
		case p.touched(code):
			return 0
		case p.facts(unit{client: code}).leftUpstream():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(w.ready, func(a, b string) int { return first(a) - first(b) })
}

// through reports whether all these steps of a client in a wave are done.
func (w *waves) through(steps []StepInfo, u unit, wave int) bool {
	for _, s := range steps {
		of := u
		if s.Scope == PerWave {
			of = unit{wave: wave}
		}
		if state := w.progress.see(of, s.Name).state; state != Done && state != Skipped {
			return false
		}
	}
	return true
}

// next is the wave to work on: the one under way, one that an earlier session
// began, or a new one. Number is 0 where none may begin now.
func (w *waves) next(ctx context.Context) (clients []string, number int, err error) {
	w.held = time.Time{}
	if w.running == 0 {
		for n := range w.begun {
			if w.running == 0 || n < w.running {
				w.running = n
			}
		}
		if n := len(w.begun[w.running]); n > 0 && n <= w.canaryDue() {
			w.trial = w.running
		}
	}
	if w.running > 0 {
		return w.begun[w.running], w.running, nil
	}
	if len(w.ready) == 0 {
		return nil, 0, nil
	}
	if err := w.Batch.halted(); err != nil {
		return nil, 0, err
	}
	if most := or(w.Batch.MaxFailed, usualFailures); most > 0 && w.failed > most {
		return nil, 0, &HaltError{fmt.Sprintf("%s were blocked or failed, and %d may be", plural(w.failed, "client"), most)}
	}
	if w.canary {
		return nil, 0, &HaltError{"the canary did not come through: see what is in its way, and run the same again"}
	}
	if w.parked {
		return nil, 0, nil
	}
	return w.form(ctx)
}

// form begins a new wave of as many clients as the quota of the day can finish. A
// small rest of the day is left unused: every wave costs a sync.
func (w *waves) form(ctx context.Context) (clients []string, number int, err error) {
	size, canary := w.size()
	if w.Plan.Quota != nil {
		wanted := size
		calls := w.Plan.costs().of(wanted)
		free := w.free(calls)
		if free.After(time.Now()) {
			size = min(wanted, w.Plan.costs().within(w.Plan.Quota.Quota().Day))
		}
		if size < max(1, wanted/4) || w.free(w.Plan.costs().of(size)).After(time.Now()) {
			w.held = free
			return nil, 0, w.hold(ctx, free, calls)
		}
	}
	clients, w.ready = w.ready[:size:size], w.ready[size:]
	w.progress.mu.RLock()
	number = len(w.progress.waves) + 1
	w.progress.mu.RUnlock()
	if err := w.record(ctx, Record{Kind: KindWave, Wave: number, Clients: clients}); err != nil {
		return nil, 0, err
	}
	w.begun[number], w.running = clients, number
	if canary {
		w.trial = number
	}
	return clients, number, nil
}

// size is the number of clients that the next wave takes, and whether they are
// the canary.
func (w *waves) size() (size int, canary bool) {
	size = w.Plan.wave(w.Batch)
	if first := w.canaryDue(); first > 0 {
		size, canary = first, true
	}
	return min(size, len(w.ready)), canary
}

// canaryDue is the size of the canary, or 0 where there is none, or as many clients
// are through: then it has come through, in this session or an earlier one.
func (w *waves) canaryDue() int {
	first := w.Batch.canary(len(w.Plan.Spec.Entities))
	if first == 0 {
		return 0
	}
	w.progress.mu.RLock()
	defer w.progress.mu.RUnlock()
	through := 0
	for _, e := range w.Plan.Spec.Entities {
		if w.through(w.infos, unit{client: e.Code}, w.progress.waveOf[e.Code]) {
			through++
		}
		if through == first {
			return 0
		}
	}
	return first
}

// free is when a wave of so many calls may begin: what the quota says, and what
// an earlier session knew of it, whose calls this one has not seen.
func (w *waves) free(calls int) time.Time {
	free := w.Plan.Quota.FreeAt(calls)
	w.progress.mu.RLock()
	defer w.progress.mu.RUnlock()
	if w.progress.held.After(free) {
		return w.progress.held
	}
	return free
}

// hold records, once, that a wave waits for the quota. The record outlives the
// process: a run that is started again waits as well.
func (w *waves) hold(ctx context.Context, until time.Time, calls int) error {
	w.progress.mu.RLock()
	known := !w.progress.held.IsZero() && !w.progress.held.Before(until)
	w.progress.mu.RUnlock()
	if known {
		return nil
	}
	return w.record(ctx, Record{Kind: KindHeld, Until: until, Rule: "I7",
		Reason: fmt.Sprintf("the next wave needs %d calls of XPM, and today's quota does not have them", calls)})
}

// close ends the wave under way, in which nothing is left to do in this session.
// A wave that is not finished waits for somebody, and no further one begins.
func (w *waves) close() {
	p := w.progress
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, code := range w.begun[w.running] {
		u := unit{client: code}
		switch {
		case p.stopped(u):
			w.failed++
		case p.touched(code) && !w.through(w.infos, u, w.running):
			w.parked = true
		default:
			continue
		}
		w.canary = w.running == w.trial
	}
	delete(w.begun, w.running)
	w.running = 0
}
