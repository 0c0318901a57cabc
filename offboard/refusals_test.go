package offboard_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// refusals are worlds that turn, in the middle of a run, into one in which the next
// step must not be done.
var refusals = []scenario{
	{
		name: "R1 I1: the entity goes before its history is exported",
		between: map[string]func(*offboardtest.Practice){offboard.StepPreflight: func(p *offboardtest.Practice) {
			p.Nimbus.RemoveEntity("ACME01")
		}},
		want: offboard.Blocked, rule: "I1",
		check: func(t *testing.T, r run) { wantOps(t, r.ofClient("ACME01")) },
	},
	{
		name: "I11: a deleted entity is brought back", world: notIntegrated, spec: source(offboard.SourceNone, keepCDM),
		between: map[string]func(*offboardtest.Practice){offboard.StepDeleteClient: func(p *offboardtest.Practice) {
			p.Nimbus.RestoreEntity(nimbustest.Client{Code: "ACME01", Name: "Acme Example Pty Ltd"})
		}},
		want: offboard.Blocked, rule: "I11",
		check: func(t *testing.T, r run) { wantOps(t, r.ofClient("ACME01"), uploading, "delete-client") },
	},
	{
		name: "R6: the entity is integrated by the time it is to be deleted", world: notIntegrated, spec: source(offboard.SourceNone, keepCDM),
		pass: func(p *offboardtest.Practice, r *http.Request, next http.RoundTripper) (*http.Response, error) {
			answer, err := next.RoundTrip(r)
			if err != nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/clients/c-1") {
				return answer, err
			}
			return rewritten(answer, `"integrated":false`, `"integrated":true`)
		},
		want: offboard.Blocked, rule: "R6",
		check: func(t *testing.T, r run) { wantOps(t, r.ofClient("ACME01"), uploading) },
	},
}

func TestRefusals(t *testing.T) { tryAll(t, refusals) }

// rewritten is an answer in which every such text stands for another one.
func rewritten(answer *http.Response, old, new string) (*http.Response, error) {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	body = bytes.ReplaceAll(body, []byte(old), []byte(new))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Del("Content-Length")
	return answer, nil
}

// R3 I1: a document with the name and the size of the history is not the history.
func TestRefusal_otherFileOfThatName(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		added := false
		r := guarded(t, offboard.Policy{Documents: offboard.CDM{}, History: offboard.HistoryPolicy{Name: "history-{digest}.csv"}}, func(p *offboardtest.Practice, _ offboard.Systems, rec offboard.Record) {
			if added || rec.Facts == nil || rec.Facts.History == nil {
				return
			}
			added = true
			h := rec.Facts.History
			name := "history-" + h.SHA256[:16] + ".csv"
			if _, err := p.Nimbus.AddDocument("ACME01", nimbustestDocument{Name: name, Content: bytes.Repeat([]byte("x"), int(h.Size))}); err != nil {
				t.Error(err)
			}
		}, nil)
		wantStep(t, r, offboard.StepFileHistory, offboard.Blocked, "R3")
		wantOps(t, r.destroyed())
	})
}

// P9: an answer that lacks what was asked for is refused, told, and asked for again;
// nothing rests on it.
func TestRefusal_answers(t *testing.T) {
	lacks := map[string]func(*offboard.Answer, offboard.HandBack){
		"it does not say who answers": func(a *offboard.Answer, _ offboard.HandBack) { a.By = "" },
		"it names no file":            func(a *offboard.Answer, h offboard.HandBack) { a.File = "" },
		"its count is negative":       func(a *offboard.Answer, h offboard.HandBack) { a.Count = -1 },
		"it is none of the choices":   func(a *offboard.Answer, h offboard.HandBack) { a.Choice = "another" },
	}
	for problem, spoil := range lacks {
		t.Run(problem, func(t *testing.T) {
			dir := t.TempDir()
			inBubble(t, func(t *testing.T) {
				w := offboardtest.DefaultWorld(nimbus.EditionCDM, true)
				w.Capabilities = []nimbus.Capability{}
				practice, err := offboardtest.New(w)
				if err != nil {
					t.Fatal(err)
				}
				systems, err := practice.Systems(nil)
				if err != nil {
					t.Fatal(err)
				}
				journal := &offboardtest.Journal{}
				person := &offboardtest.Person{Practice: practice, Evidence: journal, Dir: dir}
				spec := offboard.Spec{Source: offboard.SourceXPM, Policy: archiveCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
				runner := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: journal,
					Operator: offboard.OperatorFunc(func(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
						a, err := person.Ask(ctx, task)
						spoil(&a, task.HandBack)
						return a, err
					})}
				report, err := runner.Run(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				told := false
				for rec, err := range journal.Records(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					told = told || strings.Contains(rec.Reason, problem)
				}
				if !told || report.State() != offboard.Waiting {
					t.Errorf("state %s, and the journal tells of it: %v", report.State(), told)
				}
				wantOps(t, run{practice, journal, report, practice.State()}.destroyed())
			})
		})
	}
}

// A step of somebody's own that is not finished fails, and says what it lacks.
func TestRefusal_unfinishedSteps(t *testing.T) {
	for lack, verdict := range map[string]offboard.Verdict{
		"no Apply":        {State: offboard.Todo, Target: "x"},
		"returns no Task": {State: offboard.Manual},
	} {
		t.Run(lack, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newResumable(t, defaultWorld())
				runner := s.runner(t, keepCDM, "ACME01")
				runner.Plan.Steps = append(runner.Plan.Steps, offboard.Step{
					StepInfo: offboard.StepInfo{Name: "own", Does: "nothing", Rule: "R13", Needs: []string{offboard.StepResolve}, Scope: offboard.PerClient},
					Check:    func(context.Context, offboard.View) (offboard.Verdict, error) { return verdict, nil },
				})
				report, err := runner.Run(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				wantStep(t, run{s.practice, s.journal, report, s.practice.State()}, "own", offboard.Failed, lack)
			})
		})
	}
}
