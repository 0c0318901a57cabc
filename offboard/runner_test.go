package offboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// oneByOne makes what a test counts or breaks come in a known order.
var oneByOne = offboard.Batch{Parallel: 1}

// resumable is a practice that several sessions work on.
type resumable struct {
	practice *offboardtest.Practice
	journal  *offboardtest.Journal
	operator offboard.Operator
	writes   int // requests that were no reads
	requests int
}

func newResumable(t *testing.T, world offboardtest.World) *resumable {
	t.Helper()
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	return &resumable{practice: practice, journal: &offboardtest.Journal{}, operator: offboard.Approve("Pat Example", "tests", nil)}
}

func (s *resumable) runner(t *testing.T, policy offboard.Policy, codes ...string) offboard.Runner {
	t.Helper()
	systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			s.requests++
			if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/session") {
				s.writes++
			}
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: policy}
	for _, code := range codes {
		spec.Entities = append(spec.Entities, offboard.Entity{Code: code})
	}
	return offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: s.journal, Operator: s.operator, Wait: time.Hour, Batch: oneByOne}
}

func (s *resumable) run(t *testing.T, policy offboard.Policy, codes ...string) run {
	t.Helper()
	report, err := s.runner(t, policy, codes...).Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return run{s.practice, s.journal, report, s.practice.State()}
}

func defaultWorld() offboardtest.World { return offboardtest.DefaultWorld(nimbus.EditionCDM, true) }

func inBubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

func TestRunner_unknownClients(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		_, err := s.runner(t, keepCDM, "ACME01", "NOBODY", "NEITHER").Run(context.Background())
		var unknown *offboard.UnknownClientsError
		if !errors.As(err, &unknown) || !slices.Equal(unknown.Codes, []string{"NOBODY", "NEITHER"}) {
			t.Fatalf("got %v", err)
		}
		if s.writes != 0 || len(s.practice.Effects()) != 0 {
			t.Error("something was touched")
		}
	})
}

func TestRunner_refusedCredentials(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.practice.Nimbus.SetPassword("another one")
		report, err := s.runner(t, keepCDM, "ACME01", "BETA02").Run(context.Background())
		if !errors.Is(err, nimbus.ErrUnauthorized) || report.State() != offboard.Failed {
			t.Fatalf("%s, %v", report.State(), err)
		}
		if got := s.practice.State().Nimbus.LoginsRefused; got != 1 { // P8
			t.Errorf("P8: a refused login was sent %d times", got)
		}
	})
}

// A dead server ends the run after three clients, not after a thousand.
func TestRunner_deadServer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01", "BETA02", "GAMMA03", "DELTA04")
		calls := 0
		dead, err := s.practice.Systems(func(http.RoundTripper) http.RoundTripper {
			return roundTrip(func(*http.Request) (*http.Response, error) {
				calls++
				return nil, errors.New("connection refused")
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, dead)
		report, err := runner.Run(context.Background())
		if !errors.Is(err, nimbus.ErrUnavailable) || report.State() != offboard.Failed || report.Clients[3].State == offboard.Failed {
			t.Errorf("%s after %d calls: %v", report.State(), calls, err)
		}
	})
}

// A second run of what is done sends reads only, and changes nothing.
func TestRunner_doneAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, with(archiveCDM, offboard.ContactsDelete, ""), "ACME01")
		s.writes = 0
		r := s.run(t, with(archiveCDM, offboard.ContactsDelete, ""), "ACME01")
		if r.report.State() != offboard.Done || s.writes != 0 {
			t.Errorf("state %s, %d writes", r.report.State(), s.writes)
		}
		checkInvariants(t, r)
	})
}

// I10: another policy is another scope. It needs an approval of its own, and
// then disposes of what the first one kept, without a second export or sync.
func TestRunner_policyChanged(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, keepCDM, "ACME01")
		s.operator = nil
		if r := s.run(t, archiveCDM, "ACME01"); r.report.State() != offboard.Waiting || len(r.report.Tasks) != 1 {
			t.Fatalf("I10: not asked for the new scope: %s", r.report.State())
		}
		s.operator = offboard.Approve("Pat Example", "retention is over", nil)
		r := s.run(t, archiveCDM, "ACME01")
		if r.report.State() != offboard.Done {
			t.Fatalf("state %s: %s", r.report.State(), r.rules())
		}
		wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync", "archive-folder")
	})
}

// A further client in the same directory takes a sync of its own.
func TestRunner_clientAdded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, keepCDM, "ACME01")
		r := s.run(t, keepCDM, "ACME01", "GAMMA03")
		if r.report.State() != offboard.Done || r.onGrid("GAMMA03") {
			t.Errorf("state %s", r.report.State())
		}
		wantOps(t, r.destroyed(), "archive-client", "start-sync", "archive-client", "start-sync")
		checkInvariants(t, r)
	})
}

// P2, I11: a client that came back is not off-boarded on the strength of an old
// journal.
func TestRunner_cameBack(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, keepCDM, "ACME01")
		s.practice.XPM.SetArchived(uuidOf(s.practice, "ACME01"), false)
		s.practice.Nimbus.RunManualSync()
		for _, policy := range []offboard.Policy{keepCDM, archiveCDM} { // the same again, and another
			r := s.run(t, policy, "ACME01")
			if !r.onGrid("ACME01") {
				t.Fatal("P2: the manual sync did not bring it back")
			}
			if r.report.State() != offboard.Blocked || !strings.Contains(r.rules(), "I11") {
				t.Errorf("state %s: %s", r.report.State(), r.rules())
			}
			if _, orphaned := r.orphan("ACME01"); orphaned {
				t.Error("P2: the folder did not match again")
			}
		}
	})
}

// I1: a client whose verified history was damaged is stopped; what was archived
// already blocks the sync as a bystander does (I12).
func TestRunner_damagedEvidence(t *testing.T) {
	for when, want := range map[string]string{offboard.StepApprove: "I1", offboard.StepArchiveClient: "I12"} {
		inBubble(t, func(t *testing.T) {
			s := newResumable(t, defaultWorld())
			runner := s.runner(t, keepCDM, "ACME01", "BETA02")
			runner.OnRecord = func(r offboard.Record) {
				if r.Step == when && r.State == offboard.Done && r.Client != "BETA02" {
					s.journal.Damage("client-acme01/history-1.csv", []byte("Date,Event\n"))
				}
			}
			report, err := runner.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r := run{s.practice, s.journal, report, s.practice.State()}
			if report.Clients[0].State != offboard.Blocked || !strings.Contains(r.rules(), want) || !r.onGrid("ACME01") {
				t.Errorf("after %s: %s by %q", when, report.Clients[0].State, r.rules())
			}
		})
	}
}

// I7: cancelling starts nothing new, and the next run goes on.
func TestRunner_cancelled(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		ctx, cancel := context.WithCancel(context.Background())
		runner := s.runner(t, keepCDM, "ACME01")
		runner.OnRecord = func(r offboard.Record) {
			if r.Step == offboard.StepArchiveClient && r.Kind == offboard.KindIntent {
				cancel()
			}
		}
		report, err := runner.Run(ctx)
		if !errors.Is(err, context.Canceled) || report.State() == offboard.Done {
			t.Fatalf("%s, %v", report.State(), err)
		}
		if got := len(s.practice.Effects()); got > 2 {
			t.Errorf("I7: %d effects after the end", got)
		}
		r := s.run(t, keepCDM, "ACME01")
		if r.report.State() != offboard.Done {
			t.Errorf("then %s", r.report.State())
		}
		checkInvariants(t, r)
	})
}

func TestRunner_Preview(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		report, err := s.runner(t, with(archiveCDM, offboard.ContactsDelete, ""), "ACME01", "BETA02").Preview(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if s.writes != 0 || s.requests == 0 || len(s.journal.Files()) != 0 {
			t.Errorf("a preview sent %d writes and wrote %q", s.writes, s.journal.Files())
		}
		for range s.journal.Records(context.Background()) {
			t.Fatal("a preview wrote to the journal")
		}
		text, _ := json.Marshal(report)
		for _, want := range []string{"export 12 rows", "ct-1 is expected to go with the entity (R14)", "ct-2 is deleted", "ct-3 stays with its other entities (R16)", "no other client would be removed"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("the preview does not say %q:\n%s", want, text)
			}
		}
	})
}

// R15: a contact that only leavers share belongs to nobody in the end.
func TestRunner_Preview_sharedContact(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		world.Contacts[2].Clients = []string{"ACME01", "BETA02"}
		s := newResumable(t, world)
		report, err := s.runner(t, with(keepCDM, offboard.ContactsDelete, ""), "ACME01", "BETA02").Preview(context.Background())
		if got := (run{report: report}).step("ACME01", offboard.StepDisposeContacts).Reason; err != nil || !strings.Contains(got, "ct-3 is deleted") {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// A server whose reads never show what it did ends the step, and not never.
func TestRunner_doneButNotShown(t *testing.T) { // I5, I6
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/folders/f-1/documents") {
					return answer(r, http.StatusOK, "application/json", `{"items":[]}`), nil
				}
				s.requests++
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
		report, err := runner.Run(context.Background())
		step := (run{report: report}).step("ACME01", offboard.StepFileHistory)
		if err != nil || step.State != offboard.Failed || s.requests > 60 {
			t.Errorf("%s after %d requests: %s, %v", step.State, s.requests, step.Reason, err)
		}
	})
}

func TestRunner_Preview_namesBystanders(t *testing.T) { // I12
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		world.Clients[3].XPM.Archived = true
		s := newResumable(t, world)
		report, err := s.runner(t, keepCDM, "ACME01").Preview(context.Background())
		if err != nil || report.State() != offboard.Blocked || !strings.Contains((run{report: report}).step("ACME01", offboard.StepFullClientSync).Reason, "DELTA04") {
			t.Errorf("%s, %v", report.State(), err)
		}
	})
}

// A step that writes in its Check is stopped by the transport.
func TestRunner_checksOnlyRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		systems, err := s.practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		var got error
		runner.Plan.Steps = slices.Insert(runner.Plan.Steps, 1, offboard.Step{
			StepInfo: offboard.StepInfo{Name: "careless", Needs: []string{offboard.StepResolve}, Scope: offboard.PerClient},
			Check: func(ctx context.Context, v offboard.View) (offboard.Verdict, error) {
				_, got = systems.XPM.Clients.Archive(ctx, v.Facts.Snapshot.XPM)
				return offboard.Verdict{State: offboard.Blocked}, nil
			},
		})
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if !errors.Is(got, nimbus.ErrReadOnly) || len((run{practice: s.practice}).destroyed()) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

// I8: the journal holds no names.
func TestRunner_journalHasNoNames(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, with(archiveCDM, offboard.ContactsDelete, ""), "ACME01")
		runner.Plan.Spec.Entities[0].Name = "Acme Example Pty Ltd"
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		count := 0
		for rec := range s.journal.Records(context.Background()) {
			count++
			text, _ := json.Marshal(rec)
			for _, secret := range []string{"Acme", "Billie", "example.com", offboardtest.Password, offboardtest.XPMToken} {
				if strings.Contains(string(text), secret) {
					t.Errorf("I8: record %d holds %q: %s", rec.Seq, secret, text)
				}
			}
		}
		if count < 30 {
			t.Errorf("only %d records", count)
		}
	})
}

// P5, R9: once something was done, a client that no system knows any more stops
// alone: the others go on.
func TestRunner_unknownLater(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		world.Clients[1].XPM, world.Clients[1].MYOBAE.Closed = nil, true // BETA02 leaves with the next regular sync
		s := newResumable(t, world)
		s.operator = nil
		s.run(t, keepCDM, "ACME01", "BETA02")
		time.Sleep(time.Minute)
		s.operator = offboard.Approve("Pat Example", "tests", nil)
		r := s.run(t, keepCDM, "ACME01", "BETA02")
		if acme, beta := r.report.Clients[0], r.report.Clients[1]; acme.State != offboard.Done || beta.State != offboard.Blocked {
			t.Errorf("ACME01 is %s and BETA02 %s by %s", acme.State, beta.State, r.rules())
		}
	})
}
