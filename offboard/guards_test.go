package offboard_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// Each test here is of a guard that no ordinary world reaches: it lets the
// systems do, at one point, what they ought not to.

// guarded runs an off-boarding of ACME01 with a way to change what passes.
func guarded(t *testing.T, policy offboard.Policy, records func(*offboardtest.Practice, offboard.Systems, offboard.Record),
	pass func(r *http.Request, next http.RoundTripper) (*http.Response, error)) run {
	t.Helper()
	s := newResumable(t, defaultWorld())
	runner := s.runner(t, policy, "ACME01")
	systems, err := s.practice.Systems(func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			if pass != nil {
				return pass(r, next)
			}
			return next.RoundTrip(r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
	if records != nil {
		runner.OnRecord = func(rec offboard.Record) { records(s.practice, systems, rec) }
	}
	report, err := runner.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return run{s.practice, s.journal, report, s.practice.State()}
}

func wantStep(t *testing.T, r run, step string, state offboard.State, rule string) {
	t.Helper()
	got := r.step("ACME01", step)
	if got.State != state || !strings.Contains(got.Rule+" "+got.Reason, rule) {
		t.Errorf("%s is %s: %s (%s), want %s by %s", step, got.State, got.Reason, got.Rule, state, rule)
	}
}

// I1: a client that was touched without an export is not exported any more.
func TestGuard_touchedWithoutHistory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		snapshot := &offboard.Snapshot{XPM: "00000000-0000-4000-8000-000000000001", Nimbus: "c-1", Folder: "f-1", Proof: offboard.Read}
		for i, rec := range []offboard.Record{
			{Kind: offboard.KindSession},
			{Kind: offboard.KindChecked, Client: "ACME01", Step: offboard.StepResolve, State: offboard.Done, Facts: &offboard.Facts{Snapshot: snapshot}},
			{Kind: offboard.KindIntent, Client: "ACME01", Step: offboard.StepArchiveClient, Target: string(snapshot.XPM), Destructive: true},
		} {
			rec.Seq = i + 1
			if err := s.journal.Append(context.Background(), rec); err != nil {
				t.Fatal(err)
			}
		}
		r := s.run(t, keepCDM, "ACME01")
		wantStep(t, r, offboard.StepExportHistory, offboard.Blocked, "I1")
		wantOps(t, r.destroyed())
	})
}

// I1: an export that is emptier than the verified one does not take its place.
func TestGuard_emptierExport(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		exports := 0
		r := guarded(t, keepCDM, func(p *offboardtest.Practice, s offboard.Systems, rec offboard.Record) {
			if rec.Step == offboard.StepFileHistory && rec.State == offboard.Done && rec.Kind == offboard.KindChecked && exports == 1 {
				for range 2 { // two rows more, so that it is exported again
					if body, err := s.Nimbus.Documents.Download(context.Background(), "d-1"); err == nil {
						_ = body.Close()
					}
				}
			}
		}, func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if !strings.HasSuffix(r.URL.Path, "/history") {
				return next.RoundTrip(r)
			}
			real, err := next.RoundTrip(r)
			if exports++; exports == 1 || err != nil {
				return real, err
			}
			_ = real.Body.Close()
			empty := answer(r, http.StatusOK, real.Header.Get("Content-Type"), "Date,Event,Who,Subject\n")
			empty.Header.Set("Nimbus-Row-Count", "0")
			return empty, nil
		})
		wantStep(t, r, offboard.StepExportHistory, offboard.Failed, "I1")
		wantOps(t, r.destroyed())
		if files := strings.Join(r.journal.Files(), " "); strings.Contains(files, "history-2") {
			t.Errorf("I1: evidence is %s", files)
		}
	})
}

// I2, I10: a document that comes between the Check and the effect is noticed.
func TestGuard_documentAtTheLastMoment(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := guarded(t, archiveCDM, func(p *offboardtest.Practice, s offboard.Systems, rec offboard.Record) {
			if rec.Step != offboard.StepDisposeDocuments || rec.Kind != offboard.KindIntent {
				return
			}
			_, err := s.Nimbus.Documents.Upload(context.Background(), "f-1", nimbus.Upload{Name: "late.txt", Size: 4,
				SHA256: sha256Of("late"), Body: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("late")), nil }})
			if err != nil {
				t.Error(err)
			}
		}, nil)
		wantStep(t, r, offboard.StepDisposeDocuments, offboard.Failed, "I10")
		if folder, there := r.orphan("ACME01"); !there || folder.Documents != 4 {
			t.Error("I10: a document outside of the scope was archived")
		}
	})
}

// I4: that the folder is gone is no proof that its files are in the Archive.
func TestGuard_notInTheArchive(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := guarded(t, archiveCDM, nil, func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/archive/documents") {
				return answer(r, http.StatusOK, "application/json", `{"items":[]}`), nil
			}
			return next.RoundTrip(r)
		})
		wantStep(t, r, offboard.StepDisposeDocuments, offboard.Blocked, "I4")
	})
}

// P4: a filed history that somebody published stops the client before it is touched.
func TestGuard_publishedHistory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := guarded(t, keepCDM, nil, func(r *http.Request, next http.RoundTripper) (*http.Response, error) {
			real, err := next.RoundTrip(r)
			if err != nil || r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/folders/f-1/documents") {
				return real, err
			}
			body := strings.ReplaceAll(string(readAll(real)), `"published":false`, `"published":true`)
			return answer(r, http.StatusOK, "application/json", body), nil
		})
		wantStep(t, r, offboard.StepFileHistory, offboard.Blocked, "P4")
		wantOps(t, r.destroyed())
	})
}

// I13: a sync that completed before the client was closed proves nothing.
func TestGuard_earlierSync(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		signatures(&world)
		world.Sync.Every = offboardtest.Duration(10 * time.Minute)
		s := newResumable(t, world)
		s.practice.Nimbus.RunManualSync()
		runner := s.runner(t, with(keepCDM, "", offboard.SignaturesDelete), "ACME01")
		systems, err := s.practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan.Spec.Source = offboard.SourceMYOBAE
		runner.Plan = offboard.NewPlan(runner.Plan.Spec, systems)
		began := time.Now()
		report, err := runner.Run(context.Background())
		if err != nil || report.State() != offboard.Done {
			t.Fatalf("%s, %v", report.State(), err)
		}
		if took := time.Since(began); took < 9*time.Minute {
			t.Errorf("I13: the entity was deleted after %s, before any later sync", took)
		}
	})
}
