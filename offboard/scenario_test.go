package offboard_test

import (
	"context"
	"encoding/json"
	"maps"
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

// scenario is one row of the table: a world, a specification, and what must come
// of it.
type scenario struct {
	name  string // cites the rule
	world func(*offboardtest.World)
	spec  func(*offboard.Spec)
	// between is what people of the practice do once a step is done.
	between map[string]func(*offboardtest.Practice)
	person  func(*offboardtest.Practice) offboard.Operator
	// pass, if set, stands between the clients and the systems.
	pass func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error)
	want offboard.State
	// rule is the rule that the report gives for what did not get done.
	rule  string
	check func(*testing.T, run)
}

func cdm(w *offboardtest.World)    { w.Edition = nimbus.EditionCDM }
func nonCDM(w *offboardtest.World) { w.Edition = nimbus.EditionNonCDM }

func notIntegrated(w *offboardtest.World) {
	for i := range w.Clients {
		w.Clients[i].Nimbus.Integrated = false
	}
}

func signatures(w *offboardtest.World) {
	w.Clients[0].Nimbus.EmailJobs = []offboardtest.EmailJob{{Subject: "Sign here", DocumentsForSignature: 1, OutstandingSignatures: 1}}
}

func source(s offboard.Source, policy offboard.Policy) func(*offboard.Spec) {
	return func(spec *offboard.Spec) { spec.Source, spec.Policy = s, policy }
}

var (
	keepCDM    = offboard.Policy{Documents: offboard.CDM{}}
	archiveCDM = offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}}
	keepNonCDM = offboard.Policy{Documents: offboard.NonCDM{}}
	deleteAll  = offboard.Policy{Documents: offboard.NonCDM{Delete: &offboard.Permanent{Reason: "left the country", RecordsHeldElsewhere: true}}}
)

func with(p offboard.Policy, c offboard.ContactsPolicy, s offboard.SignaturesPolicy) offboard.Policy {
	p.Contacts, p.Signatures = c, s
	return p
}

// perform runs a scenario in virtual time.
func perform(t *testing.T, s scenario) run {
	t.Helper()
	world := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
	if s.world != nil {
		s.world(&world)
	}
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM, Entities: []offboard.Entity{{Code: "ACME01", Name: "Acme"}, {Code: "BETA02"}}}
	if s.spec != nil {
		s.spec(&spec)
	}
	systems, err := practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if s.pass != nil {
				return s.pass(practice, r, next)
			}
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	r := run{practice: practice, journal: &offboardtest.Journal{}}
	between := maps.Clone(s.between)
	runner := offboard.Runner{
		Plan: offboard.NewPlan(spec, systems), Journal: r.journal, Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour,
		OnRecord: func(rec offboard.Record) {
			if f := between[rec.Step]; f != nil && rec.Kind == offboard.KindChecked && rec.State == offboard.Done {
				delete(between, rec.Step)
				f(practice)
			}
		},
	}
	if s.person != nil {
		runner.Operator = s.person(practice)
	}
	if r.report, err = runner.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.state = practice.State()
	return r
}

// scenarios are what TestTable has no place for: what happens in the middle of a
// run, what only one source knows, and what the report says.
var scenarios = []scenario{
	{
		name: "R14 R15 R16 R17: contacts kept", want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Alex"); there {
				t.Error("R14: a contact without login and other entity is removed by the sync")
			}
			if c, there := r.contact("Billie"); !there || !c.PortalAccess {
				t.Error("R15, R17: a contact with a login stays and can log in")
			}
			if c, there := r.contact("Charlie"); !there || !slices.Equal(c.Related, []string{"DELTA04"}) {
				t.Error("R16: a contact of another entity stays")
			}
			text, _ := json.Marshal(r.report)
			for _, want := range []string{"Billie Example", "Charlie Example", "can still log in (R17)"} {
				if !strings.Contains(string(text), want) {
					t.Errorf("R17: the report does not say %q", want)
				}
			}
		},
	},
	{
		name: "R5: MYOB AE, the gateway's operator acts later", spec: source(offboard.SourceMYOBAE, keepCDM), want: offboard.Done,
		world: func(w *offboardtest.World) {
			w.AwaitOperator, w.OperatorTakes = true, offboardtest.Duration(5*time.Minute)
		},
	},
	{
		name: "R5: no such extra field", want: offboard.Blocked, rule: "R5",
		spec:  func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceMYOBAEField, "Portal of Nimbus" },
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
	{
		name: "P10: MYOB AE would not close", want: offboard.Blocked, rule: "P10", spec: source(offboard.SourceMYOBAE, keepCDM),
		world: func(w *offboardtest.World) { w.Clients[0].MYOBAE.Blockers = []string{"OpenAssignments"} },
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"))
			if r.report.Clients[1].State != offboard.Done {
				t.Error("one client's block must not stop the other")
			}
		},
	},
	{
		name: "R6: an integrated client is not deleted by hand", spec: source(offboard.SourceNone, keepCDM), want: offboard.Blocked, rule: "R6",
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
	{
		name: "R12: Documents for Signature that appear after the archive", want: offboard.Blocked, rule: "R12",
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Sign", DocumentsForSignature: 1})
		}},
		check: func(t *testing.T, r run) {
			if !r.onGrid("ACME01") || r.report.Clients[1].State != offboard.Done {
				t.Error("the entity was removed, or the other client held up")
			}
		},
	},
	{
		name: "I4: the edition changes between approval and disposal", spec: source(offboard.SourceXPM, archiveCDM), want: offboard.Blocked, rule: "I4",
		between: map[string]func(*offboardtest.Practice){offboard.StepDisposeContacts: func(p *offboardtest.Practice) { p.Nimbus.SetEdition(nimbus.EditionNonCDM) }},
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there {
				t.Error("I4: the folder was destroyed")
			}
		},
	},
	{
		name: "I12: a bystander blocks the sync and is named", want: offboard.Blocked, rule: "I12",
		world: func(w *offboardtest.World) { w.Clients[3].XPM.Archived = true },
		check: func(t *testing.T, r run) {
			if !r.onGrid("DELTA04") || slices.Contains(r.destroyed(), "start-sync") {
				t.Error("I12: the bystander was removed")
			}
			if got := r.step("ACME01", offboard.StepFullClientSync).Reason; !strings.Contains(got, "DELTA04") {
				t.Errorf("I12: the bystander is not named: %s", got)
			}
		},
	},
	{
		name: "I12: a client deleted in XPM is a bystander too", want: offboard.Blocked, rule: "I12",
		world: func(w *offboardtest.World) { w.Clients[3].XPM = nil },
	},
	{
		name: "I12: somebody archives another client between snapshot and sync", want: offboard.Blocked, rule: "I12",
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			p.XPM.SetArchived(uuidOf(p, "DELTA04"), true)
		}},
		check: func(t *testing.T, r run) {
			if !r.onGrid("DELTA04") {
				t.Error("I12: the bystander was removed")
			}
		},
	},
	{
		name: "I11: the client is un-archived before the sync", want: offboard.Blocked, rule: "I11",
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) {
			p.XPM.SetArchived(uuidOf(p, "ACME01"), false)
		}},
		check: func(t *testing.T, r run) {
			if r.xpm("ACME01").Archived || !r.onGrid("ACME01") {
				t.Error("I11: what a person undid was done again")
			}
		},
	},
	{
		name: "I2 I11: the client is un-archived before its documents are disposed of", want: offboard.Blocked, rule: "I11",
		spec: source(offboard.SourceXPM, archiveCDM),
		between: map[string]func(*offboardtest.Practice){offboard.StepDisposeContacts: func(p *offboardtest.Practice) {
			p.XPM.SetArchived(uuidOf(p, "ACME01"), false)
		}},
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there {
				t.Error("I2: the documents of an active client were disposed of")
			}
		},
	},
	{
		name: "I10: a document that was not approved keeps the folder", want: offboard.Blocked, rule: "I10",
		spec: source(offboard.SourceXPM, archiveCDM),
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddDocument("ACME01", nimbustestDocument{Name: "late.pdf", Content: []byte("late")})
		}},
	},
	{
		name: "R3 P9: where documents need fields, a person files the history", want: offboard.Done,
		world: func(w *offboardtest.World) { w.MandatoryFields = []string{"Category"} },
		person: func(p *offboardtest.Practice) offboard.Operator {
			return offboard.OperatorFunc(func(_ context.Context, t offboard.Task) (offboard.Answer, error) {
				return offboard.Answer{Yes: t.Approval || t.Step == offboard.StepFileHistory, By: "Pat Example"}, nil
			})
		},
		check: func(t *testing.T, r run) {
			if got := r.step("ACME01", offboard.StepFileHistory).Proof; got != offboard.Attested {
				t.Errorf("R3: proved by %q", got)
			}
		},
	},
	{
		name: "I1: rows added since go into a further file", want: offboard.Done,
		between: map[string]func(*offboardtest.Practice){offboard.StepFileHistory: func(p *offboardtest.Practice) {
			systems, _ := p.Systems(nil)
			for range 3 { // each download adds a row
				body, err := systems.Nimbus.Documents.Download(context.Background(), "d-1")
				if err == nil {
					_ = body.Close()
				}
			}
		}},
		check: func(t *testing.T, r run) {
			files := r.journal.Files()
			if !slices.Contains(files, "client-acme01/history-1.csv") || !slices.Contains(files, "client-acme01/history-2.csv") {
				t.Errorf("I1: evidence is %q", files)
			}
			folder, _ := r.orphan("ACME01")
			if folder.Documents != 4 {
				t.Errorf("I1: the orphaned folder holds %d files, want both histories", folder.Documents)
			}
		},
	},
	{
		name: "I1 R8a: rows added between the archive and the sync go into a further file too", want: offboard.Done,
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) {
			systems, _ := p.Systems(nil)
			body, err := systems.Nimbus.Documents.Download(context.Background(), "d-1")
			if err == nil {
				_ = body.Close()
			}
			if body, err = systems.Nimbus.Documents.Download(context.Background(), "d-2"); err == nil {
				_ = body.Close()
			}
		}},
		check: func(t *testing.T, r run) {
			if files := r.journal.Files(); !slices.Contains(files, "client-acme01/history-2.csv") {
				t.Errorf("I1: evidence is %q", files)
			}
			if folder, _ := r.orphan("ACME01"); folder.Documents != 4 {
				t.Errorf("I1: the orphaned folder holds %d files, want both histories", folder.Documents)
			}
		},
	},
	{
		name: "R7: a Full Client Sync that fails is started again", want: offboard.Done,
		world: func(w *offboardtest.World) { w.Sync.Fail = 1 },
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync", "start-sync")
		},
	},
	{
		name: "R7 R9: syncs that complete and remove nothing end with a person", want: offboard.Blocked, rule: "R9",
		world: func(w *offboardtest.World) { w.Clients[0].Nimbus.Integrated = false },
		check: func(t *testing.T, r run) {
			wantOps(t, r.destroyed(), "archive-client", "archive-client", "start-sync", "start-sync", "start-sync")
		},
	},
	{
		name: "I7 R7: a sync that never completes is waited for, and no longer than told", want: offboard.Waiting, rule: "R7",
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) { p.Nimbus.StallNextSync() }},
	},
	{
		name: "P11: merged away in XPM is the same as archived", want: offboard.Done,
		world: func(w *offboardtest.World) { w.Clients[0].XPM.Deleted = true },
	},
	{
		name: "P5: two entities on the Client Grid with the code", want: offboard.Blocked, rule: "P5",
		world: func(w *offboardtest.World) {
			w.Clients = append(w.Clients, offboardtest.Client{Code: "ACME01", Name: "Acme again", Nimbus: &offboardtest.NimbusClient{Integrated: true}})
		},
	},
	{
		name: "I10: nobody approves", want: offboard.Waiting, rule: "I10",
		person: func(*offboardtest.Practice) offboard.Operator { return nil },
		check: func(t *testing.T, r run) {
			wantOps(t, r.destroyed())
			if len(r.report.Tasks) != 1 || !r.report.Tasks[0].Approval {
				t.Errorf("tasks: %+v", r.report.Tasks)
			}
		},
	},
	{
		name: "I10: declined", want: offboard.Waiting, rule: "I10",
		person: func(*offboardtest.Practice) offboard.Operator {
			return offboard.OperatorFunc(func(context.Context, offboard.Task) (offboard.Answer, error) {
				return offboard.Answer{Yes: false, By: "Pat Example"}, nil
			})
		},
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
}

func TestScenarios(t *testing.T) { tryAll(t, scenarios) }

func tryAll(t *testing.T, rows []scenario) {
	for _, s := range rows {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := perform(t, s)
				if got := r.report.State(); got != s.want {
					t.Errorf("state %s, want %s", got, s.want)
				}
				if !strings.Contains(r.rules(), s.rule) {
					t.Errorf("stopped by %q, want %s", r.rules(), s.rule)
				}
				checkInvariants(t, r)
				if s.check != nil {
					s.check(t, r)
				}
				if t.Failed() {
					var b strings.Builder
					_ = r.report.WriteText(&b)
					t.Log("\n" + b.String())
				}
			})
		})
	}
}
