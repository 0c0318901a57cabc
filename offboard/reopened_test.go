package offboard_test

import (
	"context"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// I11, I5: a client that somebody reopens right after it was closed, before a read
// has shown that, is not closed again; nor is one whose operation has succeeded.
func TestMYOBAE_reopenedAtOnce(t *testing.T) {
	for name, operator := range map[string]bool{"at once": false, "by the gateway's operator": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				c := cell{source: offboard.SourceMYOBAE, policy: keepCDM}
				world := c.world()
				world.AwaitOperator = operator
				practice, err := offboardtest.New(world)
				if err != nil {
					t.Fatal(err)
				}
				spec := offboard.Spec{Source: c.source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
				r := run{practice: practice, journal: &offboardtest.Journal{}}
				runner := wavesOfOne(t, practice, spec, r.journal)
				runner.Operator = offboard.Approve("Pat Example", "tests", nil)
				reopened := false
				runner.OnRecord = func(rec offboard.Record) {
					closed := rec.Kind == offboard.KindOutcome && !operator || rec.Kind == offboard.KindChecked && rec.State == offboard.Waiting && operator
					if rec.Step == offboard.StepCloseClient && closed && !reopened {
						practice.MYOBAE.CompleteOperations()
						practice.MYOBAE.SetStatus("ACME01", "Open")
						reopened = true
					}
				}
				for range 2 {
					if r.report, err = runner.Run(context.Background()); err != nil {
						t.Fatal(err)
					}
				}
				if !strings.Contains(r.rules(), "I11") || r.report.State() != offboard.Blocked {
					t.Errorf("%s by %q", r.report.State(), r.rules())
				}
				wantOps(t, r.ofClient("ACME01"), uploading, "close-client")
			})
		})
	}
}

// R5: an operation that the gateway gave up is told, and tried anew by a further run.
func TestMYOBAE_operationFails(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := cell{source: offboard.SourceMYOBAE, policy: keepCDM}
		world := c.world()
		world.AwaitOperator = true
		practice, err := offboardtest.New(world)
		if err != nil {
			t.Fatal(err)
		}
		spec := offboard.Spec{Source: c.source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}}}
		r := run{practice: practice, journal: &offboardtest.Journal{}}
		runner := wavesOfOne(t, practice, spec, r.journal)
		runner.Operator = offboard.Approve("Pat Example", "tests", nil)
		failed := false
		runner.OnRecord = func(rec offboard.Record) {
			if rec.Step != offboard.StepCloseClient || rec.Kind != offboard.KindChecked || rec.State != offboard.Waiting {
				return
			}
			if !failed {
				practice.MYOBAE.FailOperations("", "nobody there")
				failed = true
				return
			}
			practice.MYOBAE.CompleteOperations()
		}
		for _, want := range []offboard.State{offboard.Failed, offboard.Done} {
			if r.report, err = runner.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			wantStep(t, r, offboard.StepCloseClient, want, "")
		}
	})
}
