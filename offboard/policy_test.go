package offboard_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

var (
	suspendCDM = with(keepCDM, "", offboard.SignaturesSuspend)
	copyCDM    = offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}, History: offboard.HistoryPolicy{XPMCopy: true}}
)

// byField filters the clients of XPM by a box that all of them have ticked.
func byField(w *offboardtest.World) {
	w.XPMFilterField = offboard.DefaultField
	for i := range w.Clients {
		w.Clients[i].XPM.Fields = map[string]any{offboard.DefaultField: true}
	}
}

// yesTo approves, and answers yes to what these steps ask.
func yesTo(steps ...string) func(*offboardtest.Practice) offboard.Operator {
	return func(*offboardtest.Practice) offboard.Operator {
		return offboard.Approve("Pat Example", "tests", offboard.OperatorFunc(func(_ context.Context, t offboard.Task) (offboard.Answer, error) {
			if !slices.Contains(steps, t.Step) {
				return offboard.Answer{}, offboard.ErrNoAnswer
			}
			return offboard.Answer{Yes: true, By: "Pat Example"}, nil
		}))
	}
}

// seesBystanders approves, and has compared the lists of XPM and Nimbus.
var seesBystanders = yesTo(offboard.StepFullClientSync)

// at answers requests of this method to paths with this end in place of the system.
func at(method, end string, answer func(*offboardtest.Practice, *http.Request, http.RoundTripper) (*http.Response, error)) func(*offboardtest.Practice, *http.Request, http.RoundTripper) (*http.Response, error) {
	return func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, end) {
			return answer(p, r, next)
		}
		return next.RoundTrip(r)
	}
}

// problem is an answer of Nimbus that refuses.
func problem(r *http.Request, status int, code string) *http.Response {
	return answer(r, status, "application/problem+json", `{"code":"`+code+`","title":"refused"}`)
}

func without(capabilities ...nimbus.Capability) []nimbus.Capability {
	return slices.DeleteFunc(nimbus.Capabilities(), func(c nimbus.Capability) bool { return slices.Contains(capabilities, c) })
}

func (r run) jobStatus(t *testing.T) string {
	t.Helper()
	for _, j := range r.state.Nimbus.EmailJobs {
		if j.Client == "ACME01" {
			return j.JobStatus
		}
	}
	t.Error("the e-mail job has gone")
	return ""
}

var suspending = []scenario{
	{
		name: "R12: the server refuses to suspend, and the client is not touched", world: signatures, spec: source(offboard.SourceXPM, suspendCDM),
		pass: at(http.MethodPut, "/status", func(_ *offboardtest.Practice, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return problem(r, http.StatusForbidden, nimbus.CodeRightMissing), nil
		}),
		want: offboard.Failed, rule: "R12",
		check: func(t *testing.T, r run) {
			wantOps(t, r.ofClient("ACME01"), "upload-document")
			if r.report.Clients[1].State != offboard.Done {
				t.Error("the other client was held up")
			}
		},
	},
	{
		name: "R12: a job that comes to its end meanwhile need not be suspended", world: signatures, spec: source(offboard.SourceXPM, suspendCDM),
		pass: at(http.MethodPut, "/status", func(p *offboardtest.Practice, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
			p.Nimbus.SetSignatures("j-1", 0, 0)
			return problem(r, http.StatusUnprocessableEntity, nimbus.CodeInvalidRequest), nil
		}),
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync")
		},
	},
	{
		name: "R12: suspended before the client is touched, and the entity that stays stops the run", world: signatures,
		spec: source(offboard.SourceXPM, suspendCDM), want: offboard.Blocked, rule: "R12",
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "set-email-job-status", "archive-client", "start-sync")
			if got := r.jobStatus(t); got != nimbus.JobStatusSuspended {
				t.Errorf("the job is %s", got)
			}
			if mails := r.practice.Nimbus.SendReminders(); mails != 0 {
				t.Errorf("R12: %d reminders reached a client that has left", mails)
			}
			wantStep(t, r, offboard.StepConfirmRemoved, offboard.Blocked, "resume and finish them")
			if r.report.Clients[1].State != offboard.Done {
				t.Error("the other client was held up")
			}
		},
	},
	{
		name: "R12: what a person takes out of the suspended job lets the entity go", world: signatures, spec: source(offboard.SourceXPM, suspendCDM),
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) { p.Nimbus.SetSignatures("j-1", 0, 0) }},
		want:    offboard.Done,
	},
	{
		name: "R12: MYOB AE, the same", world: signatures, spec: source(offboard.SourceMYOBAE, suspendCDM), want: offboard.Blocked, rule: "R12",
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "set-email-job-status", "close-client")
		},
	},
	{
		name: "R12: a job that is suspended or finished is left as it is", spec: source(offboard.SourceXPM, suspendCDM), want: offboard.Blocked, rule: "R12",
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Signed", JobStatus: "Finished", DocumentsForSignature: 1})
			_, _ = p.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Quiet", JobStatus: nimbus.JobStatusSuspended, DocumentsForSignature: 1, OutstandingSignatures: 1})
		}},
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync")
		},
	},
	{
		name: "R12: a client without such jobs goes on", spec: source(offboard.SourceXPM, suspendCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "archive-client", "start-sync")
			wantStep(t, r, offboard.StepSuspendSignatures, offboard.Done, "0 e-mail jobs")
		},
	},
	{
		name: "R12 P9: a person suspends what Nimbus does not let programs suspend", spec: source(offboard.SourceXPM, suspendCDM),
		world: func(w *offboardtest.World) {
			signatures(w)
			w.Capabilities = without(nimbus.CapabilityEmailJobsSuspend)
		},
		person: func(p *offboardtest.Practice) offboard.Operator { return &offboardtest.Person{Practice: p} },
		want:   offboard.Blocked, rule: "R12",
		check: func(t *testing.T, r run) {
			if got := r.step("ACME01", offboard.StepSuspendSignatures); got.Proof != offboard.Read || r.jobStatus(t) != nimbus.JobStatusSuspended {
				t.Errorf("%+v", got)
			}
		},
	},
	{
		name: "R12 P9: nobody suspends, and the client is not touched", spec: source(offboard.SourceXPM, suspendCDM),
		world: func(w *offboardtest.World) {
			signatures(w)
			w.Capabilities = without(nimbus.CapabilityEmailJobsSuspend, nimbus.CapabilityEmailJobsRead)
		},
		want: offboard.Waiting, rule: "R12",
		check: func(t *testing.T, r run) { wantOps(t, r.ofClient("ACME01"), "upload-document") },
	},
}

func TestPolicy_SuspendSignatures(t *testing.T) { tryAll(t, suspending) }

// I11: a job that somebody resumed is not suspended again.
func TestPolicy_ResumedJob(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		signatures(&world)
		s := newResumable(t, world)
		runner := s.runner(t, suspendCDM, "ACME01")
		systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/client.api/archive") {
					return answer(r, http.StatusForbidden, "", ""), nil
				}
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
		if _, err := runner.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
		staff, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://practice.example.com" + offboardtest.NimbusPath,
			Login: nimbus.Password(offboardtest.LoginCode, offboardtest.Password, nil), HTTPClient: &http.Client{Transport: s.practice.Nimbus.Staff()}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := staff.EmailJobs.Resume(context.Background(), "j-1"); err != nil {
			t.Fatal(err)
		}
		r := s.run(t, suspendCDM, "ACME01")
		wantStep(t, r, offboard.StepSuspendSignatures, offboard.Blocked, "I11")
		wantOps(t, r.destroyed())
	})
}

var fieldClearing = []scenario{
	{
		name: "R4a: no such custom field stops before anything is touched", world: byField, want: offboard.Blocked, rule: "R4a",
		spec:  func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceXPMField, "Portal of Nimbus" },
		check: func(t *testing.T, r run) { wantOps(t, r.changed("ACME01")) },
	},
	{
		name: "R4a P5: two custom fields of the name", world: byField, spec: source(offboard.SourceXPMField, keepCDM),
		pass: at(http.MethodGet, "/customfield.api/definition", func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			real, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			body := string(readAll(real))
			_, one, _ := strings.Cut(body, "<CustomFieldDefinitions>")
			one, _, _ = strings.Cut(one, "</CustomFieldDefinitions>")
			twice := strings.Replace(body, one, one+strings.Replace(one, p.XPM.CustomFields()[0].UUID, "00000000-0000-4000-8000-00000000beef", 1), 1)
			return answer(r, http.StatusOK, real.Header.Get("Content-Type"), twice), nil
		}),
		want: offboard.Blocked, rule: "P5",
	},
	{
		name: "R4a: a client that is archived already leaves by that", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[0].XPM.Archived = true
		},
		want: offboard.Blocked, rule: "R4a",
		check: func(t *testing.T, r run) {
			if r.practice.XPM.CustomValue("client", r.xpm("ACME01").UUID, r.practice.XPM.CustomFields()[0].UUID) != "true" {
				t.Error("R4a: the field was cleared")
			}
		},
	},
	{
		name: "I11: somebody sets the field again before the sync", world: byField, spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		between: map[string]func(*offboardtest.Practice){offboard.StepClearCustomField: func(p *offboardtest.Practice) {
			p.SetXPMField("ACME01", offboard.DefaultField, true)
		}},
		want: offboard.Blocked, rule: "I11",
		check: func(t *testing.T, r run) {
			wantOps(t, r.ofClient("ACME01"), "upload-document", "update-client-custom-fields")
			if !r.onGrid("ACME01") {
				t.Error("I11: what a person undid was done again")
			}
		},
	},
	{
		name: "I2 I11: somebody sets the field again before the documents are disposed of", world: byField,
		spec: source(offboard.SourceXPMField, archiveCDM), person: seesBystanders,
		between: map[string]func(*offboardtest.Practice){offboard.StepDisposeContacts: func(p *offboardtest.Practice) {
			p.SetXPMField("ACME01", offboard.DefaultField, true)
		}},
		want: offboard.Blocked, rule: "I11",
		check: func(t *testing.T, r run) {
			if _, there := r.orphan("ACME01"); !there {
				t.Error("I2: the documents of a client that passes the filter were disposed of")
			}
		},
	},
	{
		name: "I12: nobody says that the sync removes no other client whose field is empty", world: byField,
		spec: source(offboard.SourceXPMField, keepCDM), want: offboard.Waiting, rule: "I12",
		check: func(t *testing.T, r run) {
			if slices.Contains(r.destroyed(), "start-sync") {
				t.Error("I12: the sync was started")
			}
			if len(r.report.Tasks) != 1 || !strings.Contains(r.report.Tasks[0].Do[1], "ACME01, BETA02") {
				t.Errorf("I12: asked %+v", r.report.Tasks)
			}
		},
	},
	{
		name: "I12: an archived bystander blocks the sync, whatever a person says", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[3].XPM.Archived = true
		},
		want: offboard.Blocked, rule: "I12",
		check: func(t *testing.T, r run) {
			if !r.onGrid("DELTA04") {
				t.Error("I12: the bystander was removed")
			}
		},
	},
	{
		name: "R12 R4a: Documents for Signature hold such a client too", person: seesBystanders,
		spec: source(offboard.SourceXPMField, with(keepCDM, "", offboard.SignaturesDelete)),
		world: func(w *offboardtest.World) {
			byField(w)
			signatures(w)
		},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "update-client-custom-fields", "start-sync", "delete-client")
		},
	},
	{
		name: "R4a R7 R9: the field is cleared, the client stays active and leaves Nimbus", world: byField,
		spec: source(offboard.SourceXPMField, archiveCDM), person: seesBystanders, want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "update-client-custom-fields", "start-sync", "archive-folder")
			if r.xpm("ACME01").Archived || r.onGrid("ACME01") || !r.onGrid("GAMMA03") {
				t.Error("R4a: the client, and only the client, has left Nimbus, and is active in XPM")
			}
			if got := r.step("ACME01", offboard.StepClearCustomField).Proof; got != offboard.Read {
				t.Errorf("proved by %q", got)
			}
		},
	},
	{
		name: "R4a: a field of text", person: seesBystanders, want: offboard.Done,
		spec: func(s *offboard.Spec) { s.Source, s.Field = offboard.SourceXPMField, "portal" },
		world: func(w *offboardtest.World) {
			w.XPMFilterField = "Portal"
			for i := range w.Clients {
				w.Clients[i].XPM.Fields = map[string]any{"Portal": "full", "Partner": "Pat Example"}
			}
		},
		check: func(t *testing.T, r run) {
			if r.onGrid("ACME01") || r.xpm("ACME01").Archived {
				t.Error("R4a: the client has not left, or is archived")
			}
			for _, f := range r.practice.XPM.CustomFields() {
				if got := r.practice.XPM.CustomValue("client", r.xpm("ACME01").UUID, f.UUID); (got == "") != (f.Name == "Portal") {
					t.Errorf("%s is %q", f.Name, got)
				}
			}
		},
	},
	{
		name: "R4a: cleared already", spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders, want: offboard.Done,
		world: func(w *offboardtest.World) {
			byField(w)
			w.Clients[0].XPM.Fields[offboard.DefaultField] = false
		},
		check: func(t *testing.T, r run) { wantOps(t, r.changed("ACME01"), "upload-document", "start-sync") },
	},
}

func TestPolicy_CustomField(t *testing.T) { tryAll(t, fieldClearing) }

// copies are the documents that XPM has of ACME01.
func (r run) copies() int { return len(r.practice.XPM.Documents(r.xpm("ACME01").UUID)) }

var keepingHistory = []scenario{
	{
		name: "R3: a server that puts the history elsewhere stops the run", want: offboard.Blocked, rule: "R3",
		spec: func(s *offboard.Spec) { s.Policy.History.Path = "Current/Off-boarding" },
		pass: at(http.MethodPost, "/documents", func(_ *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			r = r.Clone(r.Context())
			query := r.URL.Query()
			query.Del("path")
			r.URL.RawQuery = query.Encode()
			return next.RoundTrip(r)
		}),
		check: func(t *testing.T, r run) {
			wantOps(t, r.destroyed())
			wantStep(t, r, offboard.StepFileHistory, offboard.Blocked, "move document")
		},
	},
	{
		name: "R3 P4: the history has the name and the place that the policy gives it", spec: func(s *offboard.Spec) {
			s.Policy.History = offboard.HistoryPolicy{Name: "{date} History of {code} {digest}.csv", Path: "Current/Off-boarding"}
		},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			folder, _ := r.orphan("ACME01")
			i := slices.IndexFunc(folder.Files, func(d nimbus.Document) bool { return d.Path == "Current/Off-boarding" })
			if i < 0 {
				t.Fatalf("R3: %+v", folder.Files)
			}
			if d := folder.Files[i]; d.Name != "2000-01-01 History of acme01 "+d.SHA256[:16]+".csv" || d.Shared() {
				t.Errorf("R3, P4: %+v", d)
			}
		},
	},
	{
		name: "R3 I6: the answer to the copy in XPM is lost, and it is not sent twice", spec: source(offboard.SourceXPM, copyCDM), want: offboard.Done,
		pass: at(http.MethodPost, "/client.api/document", func(_ *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if _, err := next.RoundTrip(r); err != nil {
				return nil, err
			}
			return nil, errors.New("connection reset by peer")
		}),
		check: func(t *testing.T, r run) {
			if r.copies() != 1 {
				t.Errorf("I6: XPM has %d copies", r.copies())
			}
		},
	},
	{
		name: "R3: where the policy wants a copy in XPM, the client is touched only with it", spec: source(offboard.SourceXPM, copyCDM),
		pass: at(http.MethodPost, "/client.api/document", func(_ *offboardtest.Practice, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(r, http.StatusForbidden, "", ""), nil
		}),
		want: offboard.Failed, rule: "R3",
		check: func(t *testing.T, r run) { wantOps(t, r.destroyed()) },
	},
	{
		name: "R3: a copy among the client's documents in XPM", spec: source(offboard.SourceXPM, copyCDM), want: offboard.Done,
		check: func(t *testing.T, r run) {
			wantOps(t, r.changed("ACME01"), "upload-document", "create-document", "archive-client", "start-sync", "archive-folder")
			documents := r.practice.XPM.Documents(r.xpm("ACME01").UUID)
			if len(documents) != 1 {
				t.Fatalf("XPM has %d copies", len(documents))
			}
			sum := sha256.Sum256(documents[0].Content)
			digest := hex.EncodeToString(sum[:])
			if digest != r.step("ACME01", offboard.StepExportHistory).Evidence["sha256"] || !strings.Contains(documents[0].Title, digest[:16]) {
				t.Errorf("R3: %s is no copy of the history", documents[0].Title)
			}
		},
	},
	{
		name: "R3 I1: a further export gets a further copy", spec: source(offboard.SourceXPM, copyCDM), want: offboard.Done,
		between: map[string]func(*offboardtest.Practice){offboard.StepArchiveClient: func(p *offboardtest.Practice) {
			systems, _ := p.Systems(nil)
			for range 2 { // each download adds a row
				if body, err := systems.Nimbus.Documents.Download(context.Background(), "d-1"); err == nil {
					_ = body.Close()
				}
			}
		}},
		check: func(t *testing.T, r run) {
			if r.copies() != 2 {
				t.Errorf("I1: XPM has %d copies, want one of each export", r.copies())
			}
		},
	},
	{
		name: "R3: no copy in XPM unless it is asked for", want: offboard.Done,
		check: func(t *testing.T, r run) {
			if r.copies() != 0 {
				t.Errorf("XPM has %d copies", r.copies())
			}
		},
	},
}

func TestPolicy_History(t *testing.T) { tryAll(t, keepingHistory) }

// The copy costs what its documentation says: two or three calls a client.
func TestPolicy_CopyCosts(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		calls := 0
		perform(t, scenario{
			spec: func(s *offboard.Spec) { s.Policy, s.Entities = copyCDM, s.Entities[:1] },
			pass: func(_ *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/client.api/document") {
					calls++
				}
				return next.RoundTrip(r)
			},
		})
		if calls < 2 || calls > 3 {
			t.Errorf("%d calls for one client", calls)
		}
	})
}

var invited = []scenario{
	{
		name: "P3 R15: an invited contact is deleted like any other", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")), want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Dana"); there {
				t.Error("P3: the invited contact stays")
			}
		},
	},
	{
		name: "P3 R16: an invited contact of another entity stays", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		world: func(w *offboardtest.World) { w.Contacts[3].Clients = []string{"BETA02", "DELTA04"} }, want: offboard.Done,
		check: func(t *testing.T, r run) {
			if c, there := r.contact("Dana"); !there || !c.PortalAccess {
				t.Error("R16: the invited contact of another entity was deleted, or cannot log in")
			}
		},
	},
	{
		name: "P3 R17: an invited contact that is kept is reported", want: offboard.Done,
		check: func(t *testing.T, r run) {
			if !slices.ContainsFunc(r.report.Clients[1].Kept, func(k offboard.KeptReport) bool {
				return k.Name == "Dana Example" && strings.Contains(k.Why, "can still log in")
			}) {
				t.Errorf("P3: %+v", r.report.Clients[1].Kept)
			}
		},
	},
	{
		name: "P3 I10: somebody who is invited after the approval is never deleted", spec: source(offboard.SourceXPM, with(keepCDM, offboard.ContactsDelete, "")),
		between: map[string]func(*offboardtest.Practice){offboard.StepApprove: func(p *offboardtest.Practice) {
			_, _ = p.Nimbus.AddContact(nimbustestNewContact{FirstName: "Eddie", HasLogin: true, PortalAccess: true, Invited: true, Related: []string{"ACME01"}})
		}},
		want: offboard.Done,
		check: func(t *testing.T, r run) {
			if _, there := r.contact("Eddie"); !there {
				t.Error("I10: a contact outside of the approved scope was deleted")
			}
		},
	},
}

func TestPolicy_InvitedContacts(t *testing.T) { tryAll(t, invited) }

// P6: the last day of retention is the one that is stated, or so many years after
// the service ended.
func TestEntity_Earliest(t *testing.T) {
	for name, c := range map[string]struct {
		until, ended string
		years        int
		want         string
	}{
		"neither is known":        {"", "", 0, ""},
		"seven years, by default": {"", "2019-06-30", 0, "2026-06-30"},
		"the policy's years":      {"", "2019-06-30", 5, "2024-06-30"},
		"what is stated counts":   {"2020-01-31", "2019-06-30", 5, "2020-01-31"},
		"a day that is not there": {"", "2020-02-29", 5, "2025-03-01"},
	} {
		t.Run(name, func(t *testing.T) {
			var e offboard.Entity
			if c.until != "" {
				e.RetainUntil = date(t, c.until)
			}
			if c.ended != "" {
				e.ServiceEnded = date(t, c.ended)
			}
			if got := e.Earliest(offboard.Policy{RetainYears: c.years}).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
