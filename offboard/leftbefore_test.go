package offboard_test

import (
	"context"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// wavesOfOne takes the clients of a spec out one after the other.
func wavesOfOne(t *testing.T, p *offboardtest.Practice, spec offboard.Spec, journal *offboardtest.Journal) offboard.Runner {
	t.Helper()
	systems, err := p.Systems(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: journal, Wait: time.Hour, Batch: offboard.Batch{Wave: 1, Parallel: 1}}
}

// R8, R8a, I1: a client that had been taken out of its source system, and is
// removed by a sync once its history is exported and before its turn comes, goes
// on: in the same session or in a later one.
func TestLeftBefore(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceXPMField, offboard.SourceMYOBAE, offboard.SourceMYOBAEField} {
		for name, later := range map[string]bool{"same session": false, "later session": true} {
			t.Run(string(source)+", "+name, func(t *testing.T) {
				inBubble(t, func(t *testing.T) {
					c := cell{source: source, policy: with(archiveCDM, offboard.ContactsDelete, "")}
					world := c.world()
					takeOut(c, &world.Clients[1])
					practice, err := offboardtest.New(world)
					if err != nil {
						t.Fatal(err)
					}
					spec := offboard.Spec{Source: source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}}}
					r := run{practice: practice, journal: &offboardtest.Journal{}}
					runner := wavesOfOne(t, practice, spec, r.journal)
					if later {
						if _, err := runner.Run(context.Background()); err != nil {
							t.Fatal(err)
						}
						time.Sleep(time.Minute) // regular syncs come
						if c.fullSync() {
							practice.Nimbus.RemoveEntity("BETA02") // as somebody's Full Client Sync does
						}
					}
					runner.Operator = seesBystanders(practice)
					r.report, err = runner.Run(context.Background())
					r.state = practice.State()
					if err != nil || r.report.State() != offboard.Done {
						t.Errorf("%s, %v: %s", r.report.State(), err, r.rules())
					}
					wantOps(t, r.ofClient("BETA02"), uploading, "archive-folder")
					checkInvariants(t, r)
				})
			})
		}
	}
}

// R1: without an export of its own a client that has left is refused, and so is one
// that is active in its source system still.
func TestLeftBefore_notProved(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		s.operator = nil
		s.run(t, keepCDM, "ACME01", "BETA02")
		s.practice.Nimbus.RemoveEntity("ACME01")
		s.operator = offboard.Approve("Pat Example", "tests", nil)
		r := s.run(t, keepCDM, "ACME01", "BETA02")
		wantStep(t, r, offboard.StepResolve, offboard.Blocked, "R1")
		wantOps(t, r.ofClient("ACME01"), uploading)
	})
}

// R8a: one that goes between two reads, after it was resolved again for its wave,
// is left alone until a further run resolves it.
func TestLeftBefore_betweenReads(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		systems, err := s.practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		approved, gone := false, false
		runner.OnRecord = func(rec offboard.Record) {
			approved = approved || rec.Step == offboard.StepApprove && rec.Kind == offboard.KindChecked && rec.State == offboard.Done
			if !approved || gone || rec.Step != offboard.StepResolve || rec.Kind != offboard.KindChecked {
				return
			}
			gone = true
			if _, err := systems.XPM.Clients.Archive(context.Background(), "00000000-0000-4000-8000-000000000001"); err != nil {
				t.Error(err)
			}
			s.practice.Nimbus.RemoveEntity("ACME01")
		}
		for _, want := range []offboard.State{offboard.Blocked, offboard.Done} {
			report, err := runner.Run(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			r := run{s.practice, s.journal, report, s.practice.State()}
			wantStep(t, r, offboard.StepExportHistory, want, "")
			if report.State() != want {
				t.Errorf("state %s, want %s: %s", report.State(), want, r.rules())
			}
		}
	})
}
