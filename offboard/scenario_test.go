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
	"github.com/practicekit/offboarding/xpm/xpmtest"
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

// run is what a scenario left behind.
type run struct {
	practice *offboardtest.Practice
	journal  *offboardtest.Journal
	report   offboard.Report
	state    offboardtest.State
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

func (r run) onGrid(code string) bool {
	return slices.ContainsFunc(r.state.Nimbus.Clients, func(c nimbustestClient) bool { return c.Code == code })
}

func (r run) xpm(code string) xpmtest.Client {
	i := slices.IndexFunc(r.state.XPM, func(c xpmtest.Client) bool { return c.Code == code })
	return r.state.XPM[i]
}

func (r run) contact(surnameless string) (nimbustestContact, bool) {
	i := slices.IndexFunc(r.state.Nimbus.Contacts, func(c nimbustestContact) bool { return c.FirstName == surnameless })
	if i < 0 {
		return nimbustestContact{}, false
	}
	return r.state.Nimbus.Contacts[i], true
}

func (r run) orphan(code string) (nimbustestFolder, bool) {
	i := slices.IndexFunc(r.state.Nimbus.Folders, func(f nimbustestFolder) bool {
		return f.Kind == nimbus.FolderOrphaned && strings.HasPrefix(f.Code, code)
	})
	if i < 0 {
		return nimbustestFolder{}, false
	}
	return r.state.Nimbus.Folders[i], true
}

// changed lists the operations that changed something for a client, syncs
// included, in order.
func (r run) changed(code string) (ops []string) {
	for _, e := range r.practice.Effects() {
		if e.Changed && (e.Client == code || e.Operation == "start-sync") {
			ops = append(ops, e.Operation)
		}
	}
	return ops
}

// ofClient is changed without the syncs.
func (r run) ofClient(code string) []string {
	return slices.DeleteFunc(r.changed(code), func(op string) bool { return op == "start-sync" })
}

func (r run) destroyed() (ops []string) {
	for _, e := range r.practice.Effects() {
		if e.Changed && e.Destructive {
			ops = append(ops, e.Operation)
		}
	}
	return ops
}

// step returns what the report says of a client's step.
func (r run) step(code, name string) offboard.StepReport {
	for _, c := range r.report.Clients {
		for _, s := range c.Steps {
			if c.Code == code && s.Name == name {
				return s
			}
		}
	}
	return offboard.StepReport{}
}

// rules are the rules of everything that kept the run from being done.
func (r run) rules() string {
	var rules []string
	for _, c := range r.report.Clients {
		for _, s := range c.Steps {
			if s.State == offboard.Blocked || s.State == offboard.Failed || s.State == offboard.Waiting || s.State == offboard.Manual {
				rules = append(rules, s.Rule)
			}
		}
	}
	return strings.Join(rules, ", ")
}

func wantOps(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("changed %q, want %q", got, want)
	}
}

var scenarios = []scenario{
	{
		name: "R1 R3 R4 R7 R9 R13 R18: XPM, CDM, everything kept", want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync")
			if !r.xpm("ACME01").Archived || r.xpm("GAMMA03").Archived {
				t.Error("R4: the client, and only the client, is archived")
			}
			if r.onGrid("ACME01") || !r.onGrid("GAMMA03") {
				t.Error("R9: the client, and only the client, has left the Client Grid")
			}
			folder, ok := r.orphan("ACME01")
			if !ok || folder.Documents != 3 {
				t.Errorf("R13: orphaned folder with 3 files, got %+v", folder)
			}
			if r.state.Nimbus.MailsSent != 0 {
				t.Error("P4: somebody was mailed")
			}
		},
	},
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
		name: "R15: portal access removed", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsRevoke, "")), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if c, there := r.contact("Billie"); !there || c.PortalAccess {
				t.Error("R15: the contact stays without portal access")
			}
			if c, there := r.contact("Charlie"); !there || !c.PortalAccess {
				t.Error("R16: the contact of another entity keeps its access")
			}
			if c, there := r.contact("Dana"); !there || c.PortalAccess {
				t.Error("P3: an invited contact counts")
			}
		},
	},
	{
		name: "R15: contacts deleted, portal access first", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")), want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.destroyed(), "archive-client", "archive-client", "start-sync",
				"remove-portal-access", "remove-portal-access", "delete-contact", "delete-contact")
			if _, there := r.contact("Charlie"); !there {
				t.Error("R16: a contact of another entity was deleted")
			}
		},
	},
	{
		name: "I5 R15: a contact that two leavers share is deleted once", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		world: func(w *offboardtest.World) { w.Contacts[2].Clients = []string{"ACME01", "BETA02"} }, want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Charlie"); there {
				t.Error("R15: it belongs to nobody any more and is deleted")
			}
			deleted := 0
			for _, e := range r.practice.Effects() {
				if e.Operation == "delete-contact" && e.Target == "ct-3" {
					deleted++
				}
			}
			if deleted != 1 {
				t.Errorf("I5: deletion sent %d times", deleted)
			}
		},
	},
	{
		name: "R19: CDM, folder archived", spec: source(offboard.SourceXPM, archiveCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); there || len(r.state.Nimbus.Archive) != 6 {
				t.Errorf("R19: 2 × 3 files are in the Archive, got %d", len(r.state.Nimbus.Archive))
			}
		},
	},
	{
		name: "P1 R19: an orphaned folder with seven digits is recognised", spec: source(offboard.SourceXPM, archiveCDM), want: offboard.Done,
		world: func(w *offboardtest.World) {
			w.Folders = []offboardtest.Folder{{Code: "ACME01", Name: "Acme Example Pty Ltd"}}
		},
		check: func(t *testing.T, r run) {
			if len(r.state.Nimbus.Archive) != 6 {
				t.Errorf("archived %d files, want 6", len(r.state.Nimbus.Archive))
			}
			if !slices.ContainsFunc(r.state.Nimbus.Folders, func(f nimbustestFolder) bool { return f.Kind == nimbus.FolderBusiness && f.Code == "ACME01" }) {
				t.Error("the business folder of the same name is gone")
			}
		},
	},
	{
		name: "R18: non-CDM, folder kept", world: nonCDM, spec: source(offboard.SourceXPM, keepNonCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there {
				t.Error("R18: the orphaned folder is gone")
			}
		},
	},
	{
		name: "R20 P6: non-CDM, folder deleted for good", world: nonCDM, spec: source(offboard.SourceXPM, deleteAll), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); there || len(r.state.Nimbus.Archive) != 0 {
				t.Error("R20: the folder is still there, or its files are in an Archive")
			}
		},
	},
	{
		name: "R5 R8: MYOB AE, client closed", spec: source(offboard.SourceMYOBAE, keepCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "close-client")
			if c, _ := r.practice.MYOBAE.Client("ACME01"); c.Status != "Closed" {
				t.Errorf("R5: status %s", c.Status)
			}
			if r.xpm("ACME01").Archived {
				t.Error("another source was touched")
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
		name: "R5 R8: MYOB AE, extra field cleared", spec: source(offboard.SourceMYOBAEField, archiveCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "clear-extra-field", "archive-folder")
			if c, _ := r.practice.MYOBAE.Client("ACME01"); c.Status != "Open" || c.ExtraFields["Nimbus Portal"] == true {
				t.Errorf("R5: %+v", c)
			}
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
		name: "R6: a client that lives only in Nimbus", world: notIntegrated, want: offboard.Done,
		spec: source(offboard.SourceNone, with(archiveCDM, offboard.ContactsDelete, "")),
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("BETA02"), "upload-document", "delete-client", "archive-folder")
		},
	},
	{
		name: "R6: an integrated client is not deleted by hand", spec: source(offboard.SourceNone, keepCDM), want: offboard.Blocked, rule: "R6",
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
	{
		name: "R12: Documents for Signature stop before anything is touched", world: signatures, want: offboard.Blocked, rule: "R12",
		check: func(t *testing.T, r run) {
			wantOps(t, r.ofClient("ACME01"))
			if r.xpm("ACME01").Archived || r.report.Clients[1].State != offboard.Done {
				t.Error("the client was touched, or the other one held up")
			}
		},
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
		name: "R12 I13: the entity that signatures hold is deleted by hand after the sync", world: signatures, want: offboard.Done,
		spec: source(offboard.SourceXPM, with(keepCDM, "", offboard.SignaturesDelete)),
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync", "delete-client")
		},
	},
	{
		name: "R12 I13 R8: the same for MYOB AE, after a sync that started later", world: signatures, want: offboard.Done,
		spec: source(offboard.SourceMYOBAE, with(keepCDM, "", offboard.SignaturesDelete)),
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "close-client", "delete-client")
		},
	},
	{
		name: "I4: the account has no CDM", world: nonCDM, spec: source(offboard.SourceXPM, archiveCDM), want: offboard.Blocked, rule: "I4",
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
	{
		name: "I4: the account has CDM", world: cdm, spec: source(offboard.SourceXPM, deleteAll), want: offboard.Blocked, rule: "I4",
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
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
		name: "P10 R19: a document that is checked out keeps the folder", want: offboard.Blocked, rule: "P10",
		spec:  source(offboard.SourceXPM, archiveCDM),
		world: func(w *offboardtest.World) { w.Clients[0].Nimbus.Documents[0].CheckedOut = true },
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there || r.report.Clients[1].State != offboard.Done {
				t.Error("R19: the folder was disposed of, or the other client held up")
			}
		},
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
		name: "R4: archived already", want: offboard.Done,
		world: func(w *offboardtest.World) { w.Clients[0].XPM.Archived = true },
		check: func(t *testing.T, r run) { wantOps(t, r.changed("ACME01"), "upload-document", "start-sync") },
	},
	{
		name: "P11: merged away in XPM is the same as archived", want: offboard.Done,
		world: func(w *offboardtest.World) { w.Clients[0].XPM.Deleted = true },
	},
	{
		name: "P5: two clients in XPM with the code", want: offboard.Blocked, rule: "P5",
		world: func(w *offboardtest.World) {
			w.Clients = append(w.Clients, offboardtest.Client{Code: "ACME01", Name: "Acme again", XPM: &offboardtest.XPMClient{}})
		},
		check: func(t *testing.T, r run) { wantOps(t, r.ofClient("ACME01")) },
	},
	{
		name: "P5: two entities on the Client Grid with the code", want: offboard.Blocked, rule: "P5",
		world: func(w *offboardtest.World) {
			w.Clients = append(w.Clients, offboardtest.Client{Code: "ACME01", Name: "Acme again", Nimbus: &offboardtest.NimbusClient{Integrated: true}})
		},
	},
	{
		name: "R1: not on the Client Grid", want: offboard.Blocked, rule: "R1",
		world: func(w *offboardtest.World) {
			w.Clients[0].Nimbus, w.Contacts = nil, nil
		},
		check: func(t *testing.T, r run) {
			if r.xpm("ACME01").Archived {
				t.Error("R1: a client without an exported history was archived")
			}
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
