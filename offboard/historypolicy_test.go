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
		name: "R3 I7: a copy that XPM takes and does not list is waited for, not sent again", spec: source(offboard.SourceXPM, copyCDM),
		pass: at(http.MethodPost, "/client.api/document", func(_ *offboardtest.Practice, r *http.Request, _ http.RoundTripper) (*http.Response, error) {
			return answer(r, http.StatusOK, "application/xml", "<Response api-method=\"Document\"><Status>OK</Status></Response>"), nil
		}),
		want: offboard.Waiting, rule: "R3",
		check: func(t *testing.T, r run) {
			wantOps(t, r.destroyed())
			sent := 0
			for rec := range r.journal.Records(context.Background()) {
				if rec.Kind == offboard.KindIntent && rec.Step == offboard.StepCopyHistory && rec.Client == "ACME01" {
					sent++
				}
			}
			if sent != 1 {
				t.Errorf("sent %d times", sent)
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

// The copy costs what its documentation says: three calls a client.
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
		if calls != 3 {
			t.Errorf("%d calls for one client", calls)
		}
	})
}

// I1: once the client was touched the copy stands, even if XPM has no such client
// any more and everything is looked at again for another specification.
func TestPolicy_CopyIsRemembered(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.run(t, copyCDM, "ACME01")
		asked := 0
		systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/client.api/document") {
					asked++
					return answer(r, http.StatusNotFound, "", ""), nil
				}
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner := s.runner(t, with(copyCDM, offboard.ContactsRevoke, ""), "ACME01")
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
		report, err := runner.Run(context.Background())
		if err != nil || report.State() != offboard.Done || asked != 0 {
			t.Errorf("%s, %v; XPM was asked %d times", report.State(), err, asked)
		}
	})
}

// A copy that XPM shows late is waited for in its session.
func TestPolicy_CopyShownLate(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		asked := 0
		r := perform(t, scenario{
			spec: func(s *offboard.Spec) { s.Policy, s.Entities = copyCDM, s.Entities[:1] },
			pass: at(http.MethodGet, "", func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/client.api/documents/") {
					if asked++; asked < 5 {
						return answer(r, http.StatusOK, "application/xml", "<Response><Status>OK</Status><Documents></Documents></Response>"), nil
					}
				}
				return next.RoundTrip(r)
			}),
		})
		if r.report.State() != offboard.Done || r.copies() != 1 {
			t.Errorf("%s with %d copies after %d reads", r.report.State(), r.copies(), asked)
		}
	})
}

// I11: a copy that somebody removed from XPM is not added again without a word.
func TestPolicy_CopyRemoved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.operator = nil // nobody approves
		if r := s.run(t, copyCDM, "ACME01"); r.copies() != 1 {
			t.Fatalf("XPM has %d copies", r.copies())
		}
		s.operator = offboard.Approve("Pat Example", "tests", nil)
		runner := s.runner(t, copyCDM, "ACME01")
		systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "/client.api/documents/") {
					return answer(r, http.StatusOK, "application/xml", "<Response><Status>OK</Status><Documents></Documents></Response>"), nil
				}
				return next.RoundTrip(r)
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
		report, err := runner.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		r := run{s.practice, s.journal, report, s.practice.State()}
		wantStep(t, r, offboard.StepCopyHistory, offboard.Blocked, "I11")
		wantOps(t, r.destroyed())
	})
}
