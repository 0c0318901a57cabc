package offboard_test

import (
	"context"
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
		name: "I11: somebody sets the field again while Documents for Signature hold the entity", world: byField,
		spec: source(offboard.SourceXPMField, keepCDM), person: seesBystanders,
		between: map[string]func(*offboardtest.Practice){
			offboard.StepClearCustomField: func(p *offboardtest.Practice) {
				_, _ = p.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Sign", DocumentsForSignature: 1})
			},
			offboard.StepFullClientSync: func(p *offboardtest.Practice) { p.SetXPMField("ACME01", offboard.DefaultField, true) },
		},
		want: offboard.Blocked, rule: "I11",
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
