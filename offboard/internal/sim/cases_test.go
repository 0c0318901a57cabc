package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// regression is a case in which faults once broke an invariant.
type regression struct {
	name    string // what went wrong
	variant string
	steps   []mishap
	// open says why it still does; breach is how that begins. Empty: it is mended.
	open, breach string
}

// mishap is a fault at an I/O, by what it is: the first one, after the fault before
// it, that has the name.
type mishap struct {
	process int
	op      string // "Documents.List", or "append intent file-history"
	fault   Fault
}

func regressions() []regression {
	return []regression{
		{
			name: "I1: a filing that was not done counts as a row of the history, and hides one that somebody added", variant: "XPM, CDM, archive",
			steps: []mishap{{1, "append intent file-history", CrashAfter}, {2, "Documents.List", AddDocument}},
		},
		{
			name: "I1: a filing that is sent twice, after a stale list, counts as two rows", variant: "XPM, CDM, archive",
			steps: []mishap{{1, "Documents.Upload", NoFault}, {1, "Documents.List", StaleOften}, {2, "Documents.List", AddDocument}},
		},
		{
			name: "I9: a stale answer of XPM takes the place of a sync that removed nothing", variant: "XPM, CDM, archive",
			steps: []mishap{{1, "Syncs.StartFull", SyncIdle}, {1, "EmailJobs.ListByClient", NoFault}, {1, "Clients.List", StaleOnce}},
		},
		{
			name: "I11: a client that somebody opened again is closed again", variant: "MYOB AE, closed",
			steps: []mishap{{1, "append outcome close-client", NoFault}, {1, "Clients.Get", Unarchive}},
		},
		{
			name: "I11: a field that somebody set again is cleared again", variant: "MYOB AE, field cleared",
			steps: []mishap{{1, "append outcome clear-extra-field", NoFault}, {1, "Clients.Get", Unarchive}},
		},
	}
}

// openFor says which open case a breach is of: it begins like that case's, and the
// faults are of its kinds.
func openFor(breach string, p plan) string {
	for _, r := range regressions() {
		if r.open != "" && strings.HasPrefix(breach, r.breach) && r.like(p) {
			return r.name
		}
	}
	return ""
}

// like reports whether what people do in the case happens in the plan too, and
// where they do nothing, each of its faults.
func (r regression) like(p plan) bool {
	people := slices.ContainsFunc(r.steps, func(m mishap) bool { return m.fault.Person() })
	for _, m := range r.steps {
		if m.fault == NoFault || people && !m.fault.Person() {
			continue
		}
		if !slices.ContainsFunc(p, func(s planned) bool { return s.fault == m.fault || staleness(s.fault) && staleness(m.fault) }) {
			return false
		}
	}
	return true
}

func staleness(f Fault) bool { return f >= StaleOnce && f <= StaleOldest }

// Each case that once broke an invariant.
func TestRegressions(t *testing.T) {
	for _, r := range regressions() {
		t.Run(r.name, func(t *testing.T) {
			i := slices.IndexFunc(variants(), func(v variant) bool { return v.name == r.variant })
			x := newExplorer(variants()[i])
			synctest.Test(t, func(t *testing.T) {
				from, err := x.base()
				if err != nil {
					t.Fatal(err)
				}
				end, p, err := x.play(from, r.steps)
				if err != nil {
					t.Fatal(err)
				}
				x.from(end, 0, p)
			})
			breaches := slices.Sorted(maps.Keys(x.found))
			switch {
			case r.open == "" && len(breaches) > 0:
				t.Error(breaches)
			case r.open != "" && len(breaches) == 0:
				t.Error("it is mended: take away its mark")
			case r.open != "":
				t.Skipf("open: %s: %s", r.open, breaches[0])
			}
		})
	}
}

// play runs the processes of a case.
func (x *explorer) play(pt *point, steps []mishap) (*point, plan, error) {
	var p plan
	for process := 1; process <= steps[len(steps)-1].process; process++ {
		at := map[int][]Fault{}
		run, n := x.process(pt, nil, false), 0
		for _, m := range steps {
			if m.process != process {
				continue
			}
			found := slices.IndexFunc(run.trace[n:], func(io IO) bool { return io.Op == m.op || io.Op+" "+io.About == m.op })
			if found < 0 {
				return nil, nil, fmt.Errorf("process %d has no %s after its I/O %d", process, m.op, n)
			}
			n += found + 1
			if m.fault != NoFault {
				at[n] = []Fault{m.fault}
				p = append(p, planned{process, n, run.trace[n-1], m.fault})
				run = x.process(pt, at, false)
			}
		}
		pt = run.end
	}
	return pt, p, nil
}
