package offboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// usualChecks is how many combinations are drawn where -rapid.checks does not say.
const usualChecks = "40"

// TestGenerated draws combinations of everything: of states of the world, policies,
// batches, people, what they do in between, and processes that end anywhere. The
// invariants hold in all of them, it settles, and who has nothing in the way leaves.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue {
		if err := f.Value.Set(usualChecks); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		rapid.SyncTest(t, func(t *rapid.T) { d.try(t, dir) })
	})
}

// attempt is a drawn combination while it is tried.
type attempt struct {
	drawn
	witness *witness
	systems offboard.Systems
	run     run
	staff   *staff
	records int // over all sessions
}

// maxSessions is how many processes it may take until nothing changes any more.
const maxSessions = 12

func (d drawn) try(t *rapid.T, dir string) {
	a := d.begin(t, dir)
	var err error
	for _, at := range d.Kills {
		_, err = a.session(t, at)
	}
	quiet := 0
	for range maxSessions + len(d.Acts) + d.Silent {
		var changed bool
		if changed, err = a.session(t, 0); changed {
			quiet = 0
		} else if quiet++; quiet == 2 {
			break
		}
	}
	if quiet < 2 {
		a.witness.breach("I9: it does not settle")
	}
	checkInvariants(t, a.run)
	a.leavesWhoCan(err)
	a.witness.report(t)
	if t.Failed() {
		var text strings.Builder
		_ = a.run.report.WriteText(&text)
		data, _ := json.Marshal(d)
		t.Errorf("%s\n%v\n%s", data, a.run.practice.Effects(), text.String())
	}
}

func (d drawn) begin(t *rapid.T, dir string) *attempt {
	practice, err := offboardtest.New(d.World)
	if err != nil {
		t.Fatalf("the world that was drawn: %v", err)
	}
	a := &attempt{drawn: d, run: run{practice: practice, journal: &offboardtest.Journal{}}}
	a.witness = newWitness(practice, d.Spec, a.run.journal)
	a.witness.uncounted = d.lacks(nimbus.CapabilityHistoryExport) || d.lacks(nimbus.CapabilityClientsRead)
	a.witness.attested = d.lacks(nimbus.CapabilityAccountEdition)
	a.systems, err = practice.Systems(a.witness.wrap)
	if err != nil {
		t.Fatal(err)
	}
	a.staff = &staff{Person: offboardtest.Person{Practice: practice, Evidence: a.run.journal, Dir: dir}, able: d.Person, silent: d.Silent}
	return a
}

// lacks reports whether programs cannot do this in Nimbus.
func (d drawn) lacks(c nimbus.Capability) bool {
	return d.World.Capabilities != nil && !slices.Contains(d.World.Capabilities, c)
}

// session is one process; one that is killed ends at that record. It reports
// whether anything came of it but another sync, or would have, had people answered.
func (a *attempt) session(t *rapid.T, killed int) (changed bool, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a.witness.session()
	silent, effects, state := a.staff.silent, len(a.run.practice.Effects()), states(a.run.report)
	mine := 0
	runner := offboard.Runner{Plan: offboard.NewPlan(a.Spec, a.systems), Journal: a.run.journal, Operator: a.staff, Wait: 3 * time.Hour, Batch: a.Batch}
	runner.OnRecord = func(offboard.Record) {
		a.records++
		for _, act := range a.Acts {
			if act.At == a.records {
				a.witness.act(func() { act.do(a.run.practice, a.drawn) })
				changed = true
			}
		}
		if mine++; mine == killed {
			cancel()
		}
	}
	report, err := runner.Run(ctx)
	if !expected(err) {
		t.Errorf("Run ends with an error of another kind: %v", err)
	}
	if errors.As(err, new(*offboard.UnknownClientsError)) && len(a.witness.sent) > 0 {
		t.Errorf("P5: nobody knows a client, and yet there were effects")
	}
	a.run.report, a.run.state = report, a.run.practice.State()
	for _, e := range a.run.practice.Effects()[effects:] {
		changed = changed || e.Changed && e.Operation != syncing
	}
	return changed || a.staff.silent < silent || states(report) != state, err
}

func states(r offboard.Report) string {
	var all []string
	for _, c := range r.Clients {
		all = append(all, fmt.Sprint(c.Code, " ", c.State))
	}
	return strings.Join(all, ", ")
}

// expected reports whether an error is one of those that Run says it has.
func expected(err error) bool {
	return err == nil || errors.Is(err, context.Canceled) || errors.As(err, new(*offboard.HaltError)) || errors.As(err, new(*offboard.UnknownClientsError))
}

// staff is a Person who may be silent at first, may do nothing but approve, and
// compares lists as the question says.
type staff struct {
	offboardtest.Person
	able   bool
	silent int
}

func (s *staff) Ask(ctx context.Context, t offboard.Task) (offboard.Answer, error) {
	if s.silent > 0 {
		s.silent--
		return offboard.Answer{}, offboard.ErrNoAnswer
	}
	compares := t.Step == offboard.StepFullClientSync && !strings.Contains(t.Where, "AutoMate")
	if !s.able && !t.Approval && !compares {
		return offboard.Answer{}, offboard.ErrNoAnswer
	}
	answer, err := s.Person.Ask(ctx, t)
	if err != nil {
		return offboard.Answer{}, offboard.ErrNoAnswer // it cannot be done in the product
	}
	if compares {
		answer.Yes = len(bystanders(s.Practice, t.Do[1])) == 0
	}
	return answer, nil
}

// bystanders are the entities that a Full Client Sync would remove, or may, since
// XPM does not know them any more, and that the question does not name.
func bystanders(p *offboardtest.Practice, question string) (codes []string) {
	s := p.State()
	_, list, _ := strings.Cut(question, " but ")
	named := strings.Split(list, ", ")
	for _, c := range s.Nimbus.Clients {
		inXPM := slices.ContainsFunc(s.XPM, func(x xpmClient) bool { return x.Code == c.Code })
		if c.Integrated && !slices.Contains(named, c.Code) && (!inXPM || removedBySync(s, p, c)) {
			codes = append(codes, c.Code)
		}
	}
	return codes
}
