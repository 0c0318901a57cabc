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
		systems, err := s.practice.Systems(forbidding(http.MethodPut, "/client.api/archive"))
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

// forbidding answers requests of this method to paths with this end with 403.
func forbidding(method, end string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Method == method && strings.HasSuffix(r.URL.Path, end) {
				return answer(r, http.StatusForbidden, "", ""), nil
			}
			return next.RoundTrip(r)
		})
	}
}

// A field and a job that XPM and Nimbus show as they were, for some reads after
// the effect, are waited for: that is nobody who undid something.
func TestPolicy_StaleAfterTheEffect(t *testing.T) {
	for _, c := range []struct {
		source       offboard.Source
		policy       offboard.Policy
		world        func(*offboardtest.World)
		effect, read string // ends of the paths
		step         string
	}{
		{offboard.SourceXPMField, keepCDM, byField, "/customfield", "/customfield", offboard.StepClearCustomField},
		{offboard.SourceXPM, suspendCDM, signatures, "/status", "/email-jobs", offboard.StepSuspendSignatures},
	} {
		inBubble(t, func(t *testing.T) {
			done, stale := false, 0
			before := map[string][]byte{}
			r := perform(t, scenario{world: c.world, person: seesBystanders,
				spec: func(s *offboard.Spec) { s.Source, s.Policy, s.Entities = c.source, c.policy, s.Entities[:1] },
				pass: func(_ *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
					done = done || r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, c.effect)
					real, err := next.RoundTrip(r)
					if err != nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, c.read) {
						return real, err
					}
					body := readAll(real)
					if !done {
						before[r.URL.Path] = body
					} else if stale < 4 {
						stale++
						body = before[r.URL.Path]
					}
					return answer(r, real.StatusCode, real.Header.Get("Content-Type"), string(body)), nil
				}})
			if got := r.step("ACME01", c.step); got.State != offboard.Done || stale != 4 {
				t.Errorf("%s is %s after %d stale reads: %s", c.step, got.State, stale, got.Reason)
			}
		})
	}
}
