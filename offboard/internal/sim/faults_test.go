package sim

import (
	"flag"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

var (
	pairs = flag.Bool("pairs", false, "try every fault and every pair of faults at every I/O, not only a sample")
	// At 1 all are, which takes three times as long and trusts no key.
	doubts = flag.Int("doubts", 64, "follow one in so many of the points that are taken for others all the same")
	depth  = flag.Int("depth", 2, "with -pairs: how many faults are combined")
)

// variants are the off-boardings in which faults are tried; the first one is the
// smallest that is complete, in which they are combined.
func variants() []variant {
	acme := func(source offboard.Source, policy offboard.Policy) offboard.Spec {
		return offboard.Spec{Source: source, Policy: policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
	}
	cdm, nonCDM := small(nimbus.EditionCDM), small(nimbus.EditionNonCDM)
	signed, taken, myob, alone := small(nimbus.EditionCDM), small(nimbus.EditionCDM), small(nimbus.EditionCDM), small(nimbus.EditionCDM)
	signed.Clients[leaving].Signatures = 1
	signatures := archiveCDM
	signatures.Signatures = offboard.SignaturesDelete
	taken.Taken = []string{"ACME01"}
	myob.RegularEvery = time.Minute
	for i := range myob.Clients {
		myob.Clients[i].XPM, myob.Clients[i].MYOBAE, alone.Clients[i].XPM = false, true, false
	}
	both := acme(offboard.SourceXPM, archiveCDM)
	both.Entities = append(both.Entities, offboard.Entity{Code: "BETA02"})
	two := small(nimbus.EditionCDM)
	two.Clients = append(two.Clients, Client{Code: "BETA02", Name: "Beta Example Trust", XPM: true, Rows: 6, Documents: 1})
	two.Contacts = append(two.Contacts, Contact{FirstName: "Dana", Surname: "Example", Login: true, Clients: []string{"ACME01", "BETA02"}})
	return []variant{
		{"XPM, CDM, archive", cdm, acme(offboard.SourceXPM, archiveCDM)},
		{"XPM, non-CDM, delete", nonCDM, acme(offboard.SourceXPM, deleteAll)},
		{"XPM, keep", cdm, acme(offboard.SourceXPM, keepCDM)},
		{"XPM, Documents for Signature", signed, acme(offboard.SourceXPM, signatures)},
		{"XPM, name taken", taken, acme(offboard.SourceXPM, archiveCDM)},
		{"XPM, two clients", two, both},
		{"MYOB AE, closed", myob, acme(offboard.SourceMYOBAE, archiveCDM)},
		{"MYOB AE, field cleared", myob, acme(offboard.SourceMYOBAEField, archiveCDM)},
		{"not integrated", alone, acme(offboard.SourceNone, archiveCDM)},
	}
}

// Every I/O of a run is numbered, and every fault happens at each of them.
func TestSingles(t *testing.T) {
	all := make([]*explorer, len(variants()))
	t.Run("variants", func(t *testing.T) {
		for i, v := range variants() {
			all[i] = newExplorer(v)
			t.Run(v.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { all[i].singles(t, i) })
				all[i].tell(t)
			})
		}
	})
	var sum counts
	for _, x := range all {
		sum.add(x.counts)
	}
	for f := NoFault + 1; f < lastFault; f++ {
		// Records are appended one by one so far, so no append is torn.
		if *pairs && sum.of[f] == 0 && f != TornAppend {
			t.Errorf("%q was never tried", f)
		}
	}
}

func (x *explorer) singles(t *testing.T, variant int) {
	if !*pairs {
		x.skip = func(_ plan, n int, _ IO, f Fault) bool { return (n+3*int(f)+variant)%16 != 0 }
	}
	from, err := x.base()
	if err != nil {
		t.Fatal(err)
	}
	x.from(from, 1, nil)
}

// Every two faults happen, one after the other, at all I/Os of all processes that
// it takes.
func TestPairs(t *testing.T) {
	const workers = 2
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // short-lived memory is all there is
	first := newExplorer(variants()[0])
	var turn atomic.Int64 // the next I/O of the first process that is nobody's
	all := make([]*explorer, workers)
	t.Run("workers", func(t *testing.T) {
		for i := range all {
			all[i] = newExplorer(first.variant)
			all[i].known = first.known
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					all[i].share(t, &turn, i == 0)
				})
			})
		}
	})
	for _, x := range all {
		first.add(x)
	}
	first.tell(t)
	if least := map[bool]int{false: 100, true: 50_000}[*pairs]; first.counts.tried < least {
		t.Errorf("only %d pairs were tried", first.counts.tried)
	}
}

// share takes the I/Os of the first process in turn with other explorers; the first
// of them also sees to what follows when the first process meets no fault.
func (x *explorer) share(t *testing.T, turn *atomic.Int64, first bool) {
	from, err := x.base()
	if err != nil {
		t.Fatal(err)
	}
	mine := int64(-1)
	next := func(n int) bool {
		if mine < int64(n) {
			mine = turn.Add(1)
		}
		return mine == int64(n)
	}
	faults := *depth
	if !*pairs {
		faults = 2
		x.skip = func(p plan, n int, _ IO, f Fault) bool { return (n+5*int(f))%[]int{23, 13}[len(p)] != 0 }
	}
	run := x.process(from, nil, true)
	for _, m := range run.marks {
		if m.key != 0 {
			x.known.claim(m.key, faults)
		}
	}
	x.mine = next
	x.within(from, nil, run, 1, faults, nil)
	if first {
		x.from(run.end, faults, nil)
	}
}

// add takes over what another explorer did and found.
func (x *explorer) add(other *explorer) {
	x.counts.add(other.counts)
	for b, f := range other.found {
		f.plans = append(x.found[b].plans, f.plans...)
		x.found[b] = f
	}
}

// tell reports what was found, but for what is known to be open.
func (x *explorer) tell(t *testing.T) {
	t.Helper()
	t.Log(x.counts)
	for _, breach := range slices.Sorted(maps.Keys(x.found)) {
		shown, open := 0, ""
		for _, p := range x.found[breach].plans {
			if name := openFor(breach, p); name != "" {
				open = name
			} else if shown++; shown <= 3 {
				t.Errorf("%s\n\tafter %s", breach, p)
			}
		}
		if open != "" {
			t.Logf("open: %s: %s", open, breach)
		}
	}
}
