package sim

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/offboard"
)

// explorer tries every fault at every I/O of every process of an off-boarding, up
// to a number of faults, and follows each until it is settled.
type explorer struct {
	variant variant
	whole   string // the state in the end where nothing went wrong
	// skip leaves out faults that are not to be tried; nil leaves out none.
	skip func(p plan, n int, io IO, f Fault) bool
	// mine says which I/Os of the first process are this explorer's, where several
	// share the work; nil: all.
	mine func(n int) bool

	known  *memo
	counts counts
	found  map[string]finding // by what broke
}

// finding is an invariant that broke, and the faults that it took.
type finding struct {
	breach string
	plans  []plan // the first ones; of what is known to be open, one
}

// counts says what was done.
type counts struct {
	tried     int // faults, alone or after another one, that were tried at an I/O
	of        [lastFault]int
	processes int // that were run for it
	pointless int // faults left out: they change nothing, or nothing that they would not at the next I/O
	likened   int // faults left out since another one leaves the same behind
	merged    int // points from which the same follows as from one that was tried
	doubted   int // of these, how many were followed all the same
}

func (c counts) String() string {
	return fmt.Sprintf("%d faults and pairs tried in %d processes; left out: %d that change nothing, %d that leave behind what another one does; %d ended where others had been, %d of them were followed all the same",
		c.tried, c.processes, c.pointless, c.likened, c.merged, c.doubted)
}

func (c *counts) add(other counts) {
	c.tried += other.tried
	for f, n := range other.of {
		c.of[f] += n
	}
	c.processes += other.processes
	c.pointless += other.pointless
	c.likened += other.likened
	c.merged += other.merged
	c.doubted += other.doubted
}

// plan are faults by process and I/O, in order.
type plan []planned

type planned struct {
	process, n int
	io         IO
	fault      Fault
}

func (p plan) String() string {
	var all []string
	for _, s := range p {
		all = append(all, fmt.Sprintf("process %d, I/O %d (%s %s): %s", s.process, s.n, s.io.Op, s.io.About, s.fault))
	}
	return strings.Join(all, "; ")
}

// interfered reports whether somebody, or a sync that never ends, may keep the run
// from being done.
func (p plan) interfered() bool {
	return slices.ContainsFunc(p, func(s planned) bool { return s.fault.Person() || s.fault == SyncNever })
}

func newExplorer(v variant) *explorer {
	return &explorer{variant: v, known: newMemo(), found: map[string]finding{}}
}

// maxRuns is how many processes an off-boarding may take.
const maxRuns = 10

// base follows the off-boarding without any fault, and returns its beginning.
func (x *explorer) base() (*point, error) {
	from := x.variant.begin()
	at := from
	for !at.settled {
		if at.runs > maxRuns {
			return nil, fmt.Errorf("without faults it does not settle: %s", at.last)
		}
		at = x.process(at, nil, false).end
	}
	if breaches := at.final(); len(breaches) > 0 {
		return nil, fmt.Errorf("without faults it breaks %q", breaches)
	}
	// I8: no names of people or clients in what lasts but in the evidence.
	text, err := json.Marshal(at.journal.records)
	if err != nil {
		return nil, err
	}
	for _, name := range at.practice.Names() {
		if strings.Contains(string(text), name) {
			return nil, fmt.Errorf("I8: the journal names %q", name)
		}
	}
	x.whole = at.state()
	return from, nil
}

func (x *explorer) process(from *point, at map[int][]Fault, marked bool) outcome {
	x.counts.processes++
	return x.variant.process(from, at, marked)
}

// from tries so many faults in what follows from a point, and follows it.
func (x *explorer) from(pt *point, faults int, p plan) {
	switch {
	case len(pt.judge.breaches) > 0:
		x.report(pt.judge.breaches, p)
		return
	case pt.settled:
		x.settled(pt, p)
		if faults == 0 {
			return
		}
	case pt.runs > maxRuns:
		x.report([]string{"I9: it does not settle: " + pt.last}, p)
		return
	}
	known, isNew := x.known.claim(pt.key(), faults)
	if !isNew {
		x.counts.merged++
		if doubtful(x.counts.merged) {
			x.counts.doubted++
			x.compare(known, behaviourOf(x.process(pt, nil, false), 1), p)
		}
		return
	}
	run := x.process(pt, nil, faults > 0)
	x.known.learn(pt.key(), behaviourOf(run, 1))
	if faults > 0 {
		x.within(pt, nil, run, 1, faults, p)
	}
	if !pt.settled || !run.end.settled { // else it stays so
		x.from(run.end, faults, p)
	}
}

// within tries so many faults in a process that has run, from an I/O on.
func (x *explorer) within(pt *point, at map[int][]Fault, run outcome, first, faults int, p plan) {
	for n := first; n <= len(run.trace); n++ {
		shared := x.mine != nil && len(p) == 0 && pt.runs == 0
		if shared && !x.mine(n) {
			continue
		}
		if key := run.marks[n-1].key; key != 0 && len(at[n]) == 0 && !shared {
			if known, isNew := x.known.claim(key, faults); !isNew {
				x.counts.merged++
				x.compare(known, behaviourOf(run, n), p)
				return // what follows was tried from where another process was
			}
			x.known.learn(key, behaviourOf(run, n))
		}
		again := 0 // how often the same is asked again, after a stale answer
		for f := NoFault + 1; f < lastFault; f++ {
			if f == StaleTwice && again < 1 || f == StaleOften && again < 2 {
				continue // no other than the one before it
			}
			trace := x.one(pt, at, run, n, f, faults, append(slices.Clip(p), planned{pt.runs + 1, n, run.trace[n-1], f}))
			if f == StaleOnce || f == StaleTwice {
				again = asked(run.trace[n-1], trace, n)
			}
		}
	}
}

// twin is what a crash leaves behind that leaves the same as the fault: the disk
// takes nothing more, or the check fails of a step that was not done, where there
// is but one client. Of every fault by itself that is seen; after another fault it
// is tried of one in doubts. Nil: there is none.
func (x *explorer) twin(run outcome, n int, f Fault) *point {
	io, here := run.trace[n-1], run.marks[n-1].at
	switch {
	case x.variant.world.RegularEvery > 0: // what lasts depends on the instant
		return nil
	case f == DiskFull && io.Kind == IOAppend:
		return here
	case f == DiskDoubt && io.Kind == IOAppend && n < len(run.marks) && run.marks[n].at.clock == here.clock: // it did not wait
		return run.marks[n].at
	case io.Kind == IORead && slices.Contains([]Fault{Unauthorized, CancelBefore, Unavailable, CutOff}, f) && len(x.variant.spec.Entities) == 1:
		before, after := here.journal.records, run.end.journal.records
		if len(before) == len(after) || after[len(before)].Kind != offboard.KindChecked {
			return nil
		}
		if slices.ContainsFunc(before, func(r offboard.Record) bool { return r.Kind == offboard.KindWave }) {
			return nil // a client that fails leaves its wave
		}
		client, step := after[len(before)].Client, after[len(before)].Step
		for _, r := range slices.Backward(before) {
			if r.Kind == offboard.KindChecked && r.Client == client && r.Step == step {
				if r.State == offboard.Done || r.State == offboard.Skipped {
					return nil
				}
				break
			}
		}
		return here
	}
	return nil
}

// one tries one fault at one I/O of a process, if it can happen there, and returns
// what the process did.
func (x *explorer) one(pt *point, at map[int][]Fault, run outcome, n int, f Fault, faults int, p plan) (trace []IO) {
	io, here := run.trace[n-1], run.marks[n-1]
	acted := len(at[n]) > 0 // something may still fail at an I/O at which somebody acts
	switch {
	case !f.Applies(io), acted && (f.Person() || f == CrashBefore), x.skip != nil && x.skip(p[:len(p)-1], n, io, f):
		return nil
	case !acted && here.pointless != nil && here.pointless(f) && (f != ClockJump || n < len(run.trace) && run.trace[n].isCall()):
		x.counts.pointless++
		return nil
	}
	x.counts.tried++
	x.counts.of[f]++
	switch {
	case f == CrashBefore:
		x.from(here.at, faults-1, p)
		return nil
	case f == CrashAfter && n < len(run.marks):
		x.from(run.marks[n].at, faults-1, p)
		return nil
	}
	twin := x.twin(run, n, f)
	if twin != nil && len(p) > 1 && !doubtful(x.counts.tried) {
		x.counts.likened++
		return nil
	}
	faulty := maps.Clone(at)
	if faulty == nil {
		faulty = map[int][]Fault{}
	}
	faulty[n] = append(slices.Clip(faulty[n]), f)
	broken := x.process(pt, faulty, faults > 1)
	if broken.pointless {
		x.counts.tried--
		x.counts.of[f]--
		x.counts.pointless++
		return nil
	}
	if twin != nil && !acted && twin.substance() != broken.end.substance() {
		x.report([]string{"the test itself: " + f.String() + " leaves something else behind than a crash"}, p)
	}
	if faults > 1 {
		next := n + 1
		if f.Person() {
			next = n
		}
		x.within(pt, faulty, broken, next, faults-1, p)
	}
	x.from(broken.end, faults-1, p)
	return broken.trace
}

// asked counts how often a trace has the same call after an I/O.
func asked(io IO, trace []IO, after int) (n int) {
	for _, other := range trace[min(after, len(trace)):] {
		if other == io {
			n++
		}
	}
	return n
}

// settled judges the end.
func (x *explorer) settled(pt *point, p plan) {
	if breaches := pt.final(); len(breaches) > 0 {
		x.report(breaches, p)
		return
	}
	if got := pt.state(); got != x.whole && !p.interfered() {
		x.report([]string{"I9: it ends in another way: " + difference(got, x.whole) + pt.last}, p)
	}
}

// maxPlans is how many plans are kept of one breach.
const maxPlans = 40

func (x *explorer) report(breaches []string, p plan) {
	for _, b := range breaches {
		f := x.found[b]
		f.breach = b
		if open := openFor(b, p) != ""; len(f.plans) < maxPlans && !(open && len(f.plans) > 0) {
			f.plans = append(f.plans, slices.Clone(p))
		}
		x.found[b] = f
	}
}

// compare reports a point that was taken for another one and behaves otherwise.
// Then the keys are wrong, and with them what was left out.
func (x *explorer) compare(known, is behaviour, p plan) {
	if known != (behaviour{}) && known != is {
		x.report([]string{"the test itself: two points with one key behave in two ways"}, p)
	}
}

// difference is the first line in which two texts differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q, want %q; ", a[i], b[i])
		}
	}
	return "one is longer; "
}
