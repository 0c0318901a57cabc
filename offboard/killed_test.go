package offboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/internal/sim"
)

// killable is a run of many clients in a simulated practice, in as many processes
// as it takes.
type killable struct {
	practice *sim.Practice
	journal  *sim.Journal
	spec     offboard.Spec
	ios      int // of the last process
}

func newKillable(t *testing.T, clients int) *killable {
	t.Helper()
	world := sim.World{Edition: archiveCDM.Documents.Edition(), SyncTakes: time.Second}
	k := &killable{journal: &sim.Journal{}, spec: offboard.Spec{Source: offboard.SourceXPM, Policy: with(archiveCDM, offboard.ContactsDelete, "")}}
	for i := range clients {
		code := fmt.Sprintf("C%04d", i)
		world.Clients = append(world.Clients, sim.Client{Code: code, Name: "Client " + code, XPM: true, Rows: 5 + i%7, Documents: i % 4})
		if i%3 == 0 {
			world.Contacts = append(world.Contacts, sim.Contact{FirstName: "Alex", Surname: "Example " + code, Login: i%2 == 0, Clients: []string{code}})
		}
		k.spec.Entities = append(k.spec.Entities, offboard.Entity{Code: code})
	}
	practice, err := sim.New(world)
	if err != nil {
		t.Fatal(err)
	}
	k.practice = practice
	return k
}

// run is one process, which dies at the given I/O; 0: it does not. After a write it
// dies if that is what the I/O is, and otherwise before one that follows soon.
func (k *killable) run(at int, after bool) (offboard.Report, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	faults := &sim.Faults{At: map[int][]sim.Fault{at: {sim.CrashBefore}}, Cancel: cancel}
	if after {
		faults.At = map[int][]sim.Fault{at: {sim.CrashAfter}, at + 9: {sim.CrashBefore}}
	}
	report, err := offboard.Runner{
		Plan: offboard.NewPlan(k.spec, k.practice.SystemsWith(faults)), Journal: faults.Over(k.journal),
		Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour, Batch: offboard.Batch{Cap: -1},
	}.Run(ctx)
	k.ios = faults.Count()
	return report, err
}

// changes are the effects that changed something, but for the syncs: a client
// whose wave was broken up may take one of its own.
func (k *killable) changes() []string {
	var changes []string
	for _, e := range k.practice.Effects() {
		if e.Changed && e.Op != "Syncs.StartFull" {
			changes = append(changes, strings.Join([]string{string(e.System), e.Op, e.Code, e.About}, " "))
		}
	}
	slices.Sort(changes)
	return changes
}

// told is the report without what says when and in which wave.
func told(t *testing.T, r offboard.Report) string {
	t.Helper()
	for i := range r.Clients {
		c := &r.Clients[i]
		c.Wave = 0
		for j := range c.Return {
			c.Return[j].Until = time.Time{}
		}
		for j := range c.Steps {
			if c.Steps[j].Name == offboard.StepFullClientSync {
				c.Steps[j].Reason = "" // it was run, or found to have been run
			}
		}
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// I9: a run that is killed at random instants, twenty times, ends as one that
// nobody killed: the same state, the same effects, the same report.
func TestRunner_killedAtRandom(t *testing.T) {
	clients, kills := 1000, 20
	if raceEnabled {
		clients = 60 // the gate runs a thousand without the race detector
	}
	synctest.Test(t, func(t *testing.T) {
		whole := newKillable(t, clients)
		wholeReport, err := whole.run(0, false)
		if err != nil || wholeReport.State() != offboard.Done {
			t.Fatalf("not killed: %s, %v", wholeReport.State(), err)
		}
		total := whole.ios
		killed := newKillable(t, clients)
		random := rand.New(rand.NewPCG(20, uint64(clients)))
		for n := range kills {
			at := 1 + random.IntN(total/9)
			if r, err := killed.run(at, random.IntN(2) == 0); !errors.Is(err, sim.ErrCrash) && !errors.Is(err, context.Canceled) {
				t.Fatalf("kill %d at I/O %d of %d: %s, %v", n, at, total, r.State(), err)
			}
		}
		report, err := killed.run(0, false)
		if err != nil || report.State() != offboard.Done {
			t.Fatalf("after %d kills: %s, %v", kills, report.State(), err)
		}
		if got, want := killed.practice.Standing(), whole.practice.Standing(); got != want {
			t.Errorf("I9: another state: %s", firstDifference(got, want))
		}
		if got, want := strings.Join(killed.changes(), "\n"), strings.Join(whole.changes(), "\n"); got != want {
			t.Errorf("I5, I9: other effects: %s", firstDifference(got, want))
		}
		if got, want := told(t, report), told(t, wholeReport); got != want {
			t.Errorf("I9: another report: %s", firstDifference(got, want))
		}
		t.Logf("%d clients, %d I/Os, %d kills", clients, total, kills)
	})
}
