package offboard_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// byHandCases are what is off-boarded where programs can do nothing in Nimbus.
var byHandCases = []struct {
	name   string
	source offboard.Source
	policy offboard.Policy
	world  func(*offboardtest.World)
	none   bool // no client for any system
}{
	{"P9 R4 R7: Nimbus offers nothing", offboard.SourceXPM, archiveCDM, cdm, false},
	{"P9 R4: nothing can be reached", offboard.SourceXPM, with(archiveCDM, offboard.ContactsDelete, ""), cdm, true},
	{"P9 R5 R8: MYOB AE", offboard.SourceMYOBAE, keepCDM, cdm, true},
	{"P9 R5: extra field", offboard.SourceMYOBAEField, with(keepCDM, offboard.ContactsRevoke, ""), cdm, true},
	{"P9 R6: not integrated", offboard.SourceNone, keepCDM, notIntegrated, true},
	{"P9 R20: deleted for good", offboard.SourceXPM, deleteAll, nonCDM, true},
	{"P9 R4a I12: custom field", offboard.SourceXPMField, archiveCDM, byField, true},
	{"P9 R4a I12: custom field, Nimbus offers nothing", offboard.SourceXPMField, archiveCDM, byField, false},
	{"P9 R3: name, place and copy of the history", offboard.SourceXPM, offboard.Policy{Documents: offboard.CDM{}, History: offboard.HistoryPolicy{
		Name: "History_{code}_{digest}.csv", Path: "Current/Off-boarding", XPMCopy: true}}, cdm, true},
	{"P9 R12: jobs suspended", offboard.SourceXPM, suspendCDM, cdm, true},
	{"P9 R12: signatures", offboard.SourceXPM, with(keepCDM, "", offboard.SignaturesDelete), signatures, true},
}

// TestByHand off-boards where programs can do nothing in Nimbus (P9), and where
// they cannot reach the source system either: every step is a task, and every
// answer an attested proof.
func TestByHand(t *testing.T) {
	for _, c := range byHandCases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r, person := byHand(t, dir, c.source, c.policy, c.none, func(w *offboardtest.World) {
					w.Capabilities = []nimbus.Capability{}
					c.world(w)
				})
				if got := r.report.State(); got != offboard.Done {
					var b strings.Builder
					_ = r.report.WriteText(&b)
					t.Fatalf("state %s\n%s", got, b.String())
				}
				checkInvariants(t, r)
				for _, step := range r.report.Clients[0].Steps {
					reachable := !c.none && (step.Name == offboard.StepArchiveClient || step.Name == offboard.StepClearCustomField)
					if step.State == offboard.Done && (step.Proof == offboard.Attested) == reachable {
						t.Errorf("%s is proved by %s", step.Name, step.Proof)
					}
				}
				if r.onGrid("ACME01") {
					t.Error("the entity is still on the Client Grid")
				}
				if history := c.policy.History; history.XPMCopy {
					checkFiledByHand(t, r, history)
				}
				for _, task := range person.Asked {
					if task.Where == "" || task.Why == "" || len(task.Do) == 0 || task.Rule == "" {
						t.Errorf("a task without place, reason, rule or work: %+v", task)
					}
				}
			})
		})
	}
}

// checkFiledByHand finds the history under the name and at the place that the
// policy gives it, and its copy in XPM (R3).
func checkFiledByHand(t *testing.T, r run, policy offboard.HistoryPolicy) {
	t.Helper()
	name := strings.Replace(strings.Replace(policy.Name, "{code}", "acme01", 1), "{digest}", r.step("ACME01", offboard.StepExportHistory).Evidence["sha256"][:16], 1)
	folder, _ := r.orphan("ACME01")
	if !slices.ContainsFunc(folder.Files, func(d nimbus.Document) bool { return d.Name == name && d.Path == policy.Path }) {
		t.Errorf("R3: no %s in %s: %+v", name, policy.Path, folder.Files)
	}
	if copies := r.practice.XPM.Documents(r.xpm("ACME01").UUID); len(copies) != 1 || copies[0].FileName != name {
		t.Errorf("R3: copies in XPM: %d", len(copies))
	}
}

func byHand(t *testing.T, dir string, source offboard.Source, policy offboard.Policy, none bool, change func(*offboardtest.World)) (run, *offboardtest.Person) {
	t.Helper()
	world := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
	change(&world)
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	systems, err := practice.Systems(nil)
	if err != nil {
		t.Fatal(err)
	}
	if none {
		systems = offboard.Systems{}
	}
	r := run{practice: practice, journal: &offboardtest.Journal{}}
	person := &offboardtest.Person{Practice: practice, Evidence: r.journal, Dir: dir}
	spec := offboard.Spec{Source: source, Policy: policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
	r.report, err = offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: r.journal, Operator: person, Wait: time.Hour, Batch: oneByOne}.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	r.state = practice.State()
	return r, person
}

// TestByHand_nonsense hands back what is no export (R2): it is refused, nothing
// is destroyed, and the next run asks again.
func TestByHand_nonsense(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"empty": "", "html": "<html>\n<a,b,c>\n", "short": "Date,Event\n2026-01-01,Upload File\n", "cut": "Date,Event,Who\n2026-01-01,Upload"}
	for name, content := range files {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name+".csv")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				operator := offboard.OperatorFunc(func(_ context.Context, task offboard.Task) (offboard.Answer, error) {
					if task.HandBack.File {
						asked++
						return offboard.Answer{Yes: true, By: "Pat Example", File: path, Count: 12}, nil
					}
					return offboard.Answer{Yes: true, By: "Pat Example", Choice: "cdm"}, nil
				})
				journal := &offboardtest.Journal{}
				spec := offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
				runner := offboard.Runner{Plan: offboard.NewPlan(spec, offboard.Systems{}), Journal: journal, Operator: operator}
				for range 2 {
					report, err := runner.Run(context.Background())
					if err != nil {
						t.Fatal(err)
					}
					step := report.Clients[0].Steps[2]
					if report.State() != offboard.Failed || step.Name != offboard.StepExportHistory || step.Reason == "" {
						t.Fatalf("%s: %+v", report.State(), step)
					}
				}
				if asked < 2 {
					t.Errorf("asked %d times in two runs", asked)
				}
				if got := journal.Files(); slices.ContainsFunc(got, func(f string) bool { return strings.HasSuffix(f, ".csv") }) {
					t.Errorf("a refused export was kept: %q", got)
				}
			})
		})
	}
}

// A history that never stands still ends in a block and not in endless exports.
func TestRunner_growingHistory(t *testing.T) { // I1, I7
	synctest.Test(t, func(t *testing.T) {
		tr := newTrial(t, offboard.SourceXPM, keepCDM, 0, 0)
		systems, err := tr.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			other, err := tr.practice.Systems(nil)
			if err != nil {
				t.Fatal(err)
			}
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/history/count") {
					for range 2 {
						if body, err := other.Nimbus.Documents.Download(r.Context(), "d-1"); err == nil {
							_ = body.Close()
						}
					}
				}
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		report, err := offboard.Runner{Plan: offboard.NewPlan(tr.spec, systems), Journal: tr.journal,
			Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour, Batch: oneByOne}.Run(context.Background())
		r := run{tr.practice, tr.journal, report, tr.practice.State()}
		if err != nil || report.Clients[0].State != offboard.Blocked || !strings.Contains(r.rules(), "I1") || !r.onGrid("ACME01") {
			t.Errorf("%s by %q, %v", report.Clients[0].State, r.rules(), err)
		}
		if n := len(tr.journal.Files()); n > 20 {
			t.Errorf("%d files", n)
		}
	})
}

// TestStaleReads answers reads from before the sync again after it, once, twice
// and more often. I3: a contact with another entity is never deleted on them.
func TestStaleReads(t *testing.T) {
	for _, times := range []int{1, 2, 3, 7} {
		synctest.Test(t, func(t *testing.T) {
			tr := newTrial(t, offboard.SourceXPM, with(archiveCDM, offboard.ContactsDelete, ""), 0, 0)
			stale := &staleTrip{times: times, seen: map[string][]byte{}, served: map[string]int{}}
			systems, err := tr.practice.Systems(func(next http.RoundTripper) http.RoundTripper { stale.next = next; return stale })
			if err != nil {
				t.Fatal(err)
			}
			// What the relations were before the sync.
			for _, id := range []nimbus.ContactID{"ct-1", "ct-2", "ct-3", "ct-4"} {
				if _, err := systems.Nimbus.Contacts.Relations(context.Background(), id); err != nil {
					t.Fatal(err)
				}
			}
			report, err := offboard.Runner{Plan: offboard.NewPlan(tr.spec, systems), Journal: tr.journal,
				Operator: offboard.Approve("Pat Example", "tests", nil), Wait: 24 * time.Hour, Batch: oneByOne}.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r := run{tr.practice, tr.journal, report, tr.practice.State()}
			checkInvariants(t, r)
			waited := 0
			for rec := range tr.journal.Records(context.Background()) {
				if rec.Step == offboard.StepDisposeContacts && rec.State == offboard.Waiting && rec.Rule == "I3" {
					waited++
				}
			}
			if waited < times {
				t.Errorf("%d stale reads: acted on some, read again %d times only", times, waited)
			}
			if report.State() != offboard.Done || len(stale.served) == 0 {
				t.Errorf("%d stale reads of %d: state %s", times, len(stale.served), report.State())
			}
			if _, there := r.contact("Charlie"); !there {
				t.Errorf("%d stale reads: a contact of another entity was deleted", times)
			}
			if _, there := r.contact("Billie"); there {
				t.Errorf("%d stale reads: a contact that ought to be deleted stayed", times)
			}
		})
	}
}

// staleTrip gives the first answer to each read of relations again, so many
// times, once a sync was started.
type staleTrip struct {
	next   http.RoundTripper
	times  int
	synced bool
	seen   map[string][]byte
	served map[string]int
}

func (s *staleTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	s.synced = s.synced || r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/syncs/")
	if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/relations") {
		return s.next.RoundTrip(r)
	}
	old, known := s.seen[r.URL.Path]
	if known && s.synced && s.served[r.URL.Path] < s.times {
		s.served[r.URL.Path]++
		return answer(r, http.StatusOK, "application/json", string(old)), nil
	}
	fresh, err := s.next.RoundTrip(r)
	if err != nil || known {
		return fresh, err
	}
	body := readAll(fresh)
	s.seen[r.URL.Path] = body
	return answer(r, fresh.StatusCode, fresh.Header.Get("Content-Type"), string(body)), nil
}

var errNoSpace = errors.New("no space left on device")

// TestDiskFull fills the disk at every fifth write to the journal and the evidence.
// I6: nothing is sent after it, and the next run goes on.
func TestDiskFull(t *testing.T) {
	for at := 1; ; at += 5 {
		finished := false
		synctest.Test(t, func(t *testing.T) {
			tr := newTrial(t, offboard.SourceXPM, with(archiveCDM, offboard.ContactsDelete, ""), 0, 0)
			writes, sent := 0, 0
			full := false
			systems, err := tr.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
				return roundTrip(func(r *http.Request) (*http.Response, error) {
					if full {
						sent++
					}
					return next.RoundTrip(r)
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			tr.journal.Fail = func(string) error {
				writes++
				full = full || writes == at
				if full {
					return errNoSpace
				}
				return nil
			}
			runner := offboard.Runner{Plan: offboard.NewPlan(tr.spec, systems), Journal: tr.journal,
				Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour, Batch: oneByOne}
			_, err = runner.Run(context.Background())
			if !full {
				finished = true
				return
			}
			var evidence *offboard.EvidenceError
			if !errors.As(err, &evidence) || !errors.Is(err, errNoSpace) {
				t.Errorf("write %d: %v", at, err)
			}
			// The export is streamed to the file that cannot be written; nothing else may follow.
			if sent > 1 {
				t.Errorf("I6: write %d: %d requests were sent after the disk was full", at, sent)
			}
			full, tr.journal.Fail = false, nil
			report, err := runner.Run(context.Background())
			r := run{tr.practice, tr.journal, report, tr.practice.State()}
			checkInvariants(t, r)
			if err != nil || report.State() != offboard.Done {
				t.Errorf("write %d: afterwards %s, %v", at, report.State(), err)
			}
		})
		if finished {
			if at < 60 {
				t.Errorf("only %d writes", at)
			}
			return
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// posted puts each task somewhere and has its answer by the next run.
type posted struct {
	person offboard.Operator
	ids    map[string]bool
}

func (p posted) Ask(ctx context.Context, t offboard.Task) (offboard.Answer, error) {
	if !p.ids[t.ID] {
		p.ids[t.ID] = true
		return offboard.Answer{}, offboard.ErrNoAnswer
	}
	return p.person.Ask(ctx, t)
}

// A question keeps its ID until somebody answers it, the one for the edition as well,
// which is asked anew in every session that follows an answer (P9, I4).
func TestByHand_answeredBetweenRuns(t *testing.T) {
	for _, c := range byHandCases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				w := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
				w.Capabilities = []nimbus.Capability{}
				c.world(&w)
				practice, err := offboardtest.New(w)
				if err != nil {
					t.Fatal(err)
				}
				systems, err := practice.Systems(nil)
				if err != nil {
					t.Fatal(err)
				}
				if c.none {
					systems = offboard.Systems{}
				}
				journal := &offboardtest.Journal{}
				people := posted{&offboardtest.Person{Practice: practice, Evidence: journal, Dir: dir}, map[string]bool{}}
				spec := offboard.Spec{Source: c.source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
				var report offboard.Report
				for range 40 {
					report, err = offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: journal, Operator: people, Wait: 3 * time.Hour}.Run(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if report.State() == offboard.Done {
						checkInvariants(t, run{practice, journal, report, practice.State()})
						return
					}
				}
				t.Errorf("after 40 runs it is %s; asked for is %+v", report.State(), report.Tasks)
			})
		})
	}
}
