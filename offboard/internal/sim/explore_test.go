package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// explorer tries every fault at every I/O of every process of an off-boarding, up
// to a number of faults, and follows each until it is settled.
type explorer struct {
	variant variant
	whole   string // the state in the end where nothing interfered
	// skip leaves out faults that are not to be tried; nil leaves out none.
	skip func(n int, io IO, f Fault) bool

	known   *memo
	counts  counts
	found   map[string]string // breaches, by what broke: the first plan that did
	deepest int
}

// counts says what was done.
type counts struct {
	plans     int // assignments of faults to I/Os that were tried
	processes int // that were run for it
	moot      int // faults that change nothing, or nothing that they would not at the next I/O
	moot2     int
	merged    int // points that were known already
	doubted   int // of these, how many were followed nevertheless
}

// memo are the points that are known, with the number of faults that were tried
// from each.
type memo struct {
	mu    sync.Mutex
	tried map[uint64]int
}

// claim reports whether a point is new for so many faults, and marks it as tried.
func (m *memo) claim(key uint64, faults int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, known := m.tried[key]; known && before >= faults {
		return false
	}
	m.tried[key] = faults
	return true
}

// plan are faults by process and I/O.
type plan []step

type step struct {
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
	return slices.ContainsFunc(p, func(s step) bool { return s.fault.Person() || s.fault == SyncNever })
}

func newExplorer(v variant) *explorer {
	return &explorer{variant: v, known: &memo{tried: map[uint64]int{}}, found: map[string]string{}}
}

// base follows the off-boarding without any fault.
func (x *explorer) base() *point {
	from := x.variant.begin()
	at := from
	for !at.settled {
		at = x.process(at, nil, false).end
		if at.runs > maxRuns {
			panic("sim: a run without faults does not settle: " + at.last)
		}
	}
	x.whole = at.state()
	return from
}

func (x *explorer) process(from *point, at map[int][]Fault, marked bool) outcome {
	x.counts.processes++
	return x.variant.process(from, at, marked)
}

// maxRuns is how many processes an off-boarding may take.
const maxRuns = 12

// from tries so many faults in what follows from a point.
func (x *explorer) from(pt *point, faults int, p plan) {
	if len(pt.judge.breaches) > 0 {
		x.report(pt.judge.breaches, p)
		return
	}
	if pt.settled {
		x.settled(pt, p)
		if faults == 0 {
			return
		}
	}
	if pt.runs > maxRuns {
		x.report([]string{"I9: does not settle: " + pt.last}, p)
		return
	}
	if !x.known.claim(pt.key(), faults) {
		x.counts.merged++
		return
	}
	run := x.process(pt, nil, faults > 0)
	if faults > 0 {
		x.within(pt, nil, run, 1, faults, p)
	}
	if pt.settled && run.end.settled {
		return // and so it stays
	}
	x.from(run.end, faults, p)
}

// within tries so many faults in a process that has run, from an I/O on.
func (x *explorer) within(pt *point, at map[int][]Fault, run outcome, first, faults int, p plan) {
	for n := first; n <= len(run.trace); n++ {
		if key := run.marks[n-1].key; key != 0 && !x.known.claim(key, faults) {
			x.counts.merged++
			return // what follows was tried from where another process was
		}
		io := run.trace[n-1]
		for f := NoFault + 1; f < lastFault; f++ {
			acted := len(at[n]) > 0 // something may still fail at an I/O at which somebody acts
			if !f.Applies(io) || acted && (f.Person() || f == CrashBefore) || x.skip != nil && x.skip(n, io, f) {
				continue
			}
			if pointless := run.marks[n-1].pointless; !acted && pointless != nil && pointless(f) {
				x.counts.moot++
				continue
			}
			x.one(pt, at, run, n, f, faults, append(slices.Clip(p), step{pt.runs + 1, n, io, f}))
		}
	}
}

// one tries one fault at one I/O of a process.
func (x *explorer) one(pt *point, at map[int][]Fault, run outcome, n int, f Fault, faults int, p plan) {
	x.counts.plans++
	switch f {
	case CrashBefore:
		x.from(run.marks[n-1].at, faults-1, p)
		return
	case CrashAfter:
		if n < len(run.marks) {
			x.from(run.marks[n].at, faults-1, p)
			return
		}
	}
	faulty := maps.Clone(at)
	if faulty == nil {
		faulty = map[int][]Fault{}
	}
	faulty[n] = append(slices.Clip(faulty[n]), f)
	broken := x.process(pt, faulty, faults > 1)
	byFault[fmt.Sprint(len(p), p[0].fault)]++
	if broken.moot {
		x.counts.moot2++
		return
	}
	if faults > 1 {
		next := n + 1
		if f.Person() {
			next = n // something may fail at the same I/O
		}
		x.within(pt, faulty, broken, next, faults-1, p)
	}
	x.from(broken.end, faults-1, p)
}

// settled judges the end.
func (x *explorer) settled(pt *point, p plan) {
	if breaches := pt.final(); len(breaches) > 0 {
		x.report(breaches, p)
		return
	}
	if p.interfered() {
		return
	}
	if got := pt.state(); got != x.whole {
		x.report([]string{"I9: another end: " + difference(got, x.whole) + pt.last}, p)
	}
}

func (x *explorer) report(breaches []string, p plan) {
	for _, b := range breaches {
		if _, known := x.found[b]; !known {
			x.found[b] = p.String()
		}
	}
}

// difference is the first line in which two texts differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q, want %q\n", a[i], b[i])
		}
	}
	return "one is longer\n"
}

var byFault = map[string]int{}
