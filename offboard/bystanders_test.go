package offboard_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// I12, P9: the question which other clients a sync would remove names those of the
// run with an exported history, and not one that leaves too and waits for somebody.
func TestBystanders_asked(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceXPMField} {
		inBubble(t, func(t *testing.T) {
			c := cell{source: source, policy: keepCDM}
			world := c.world()
			takeOut(c, &world.Clients[0])
			world.Capabilities = without(nimbus.CapabilityClientsRead)
			practice, err := offboardtest.New(world)
			if err != nil {
				t.Fatal(err)
			}
			spec := offboard.Spec{Source: source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}}}
			journal := &offboardtest.Journal{}
			runner := wavesOfOne(t, practice, spec, journal)
			person := &offboardtest.Person{Practice: practice, Evidence: journal, Dir: t.TempDir()}
			var question string
			runner.Operator = offboard.OperatorFunc(func(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
				switch {
				case task.Step == offboard.StepResolve && task.Client == "ACME01":
					return offboard.Answer{}, offboard.ErrNoAnswer
				case task.Step == offboard.StepFullClientSync && !strings.Contains(task.Where, "AutoMate"):
					question = strings.Join(task.Do, "; ")
					return offboard.Answer{}, offboard.ErrNoAnswer
				}
				return person.Ask(ctx, task)
			})
			if _, err := runner.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(question, " but BETA02") {
				t.Errorf("I12: asked %q", question)
			}
		})
	}
}

// I1, I12: a client that leaves too, and was stopped after its export, holds up the
// sync as soon as its history has grown.
func TestBystanders_grownHistory(t *testing.T) {
	for name, grows := range map[string]bool{"as exported": false, "grown since": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				world := defaultWorld()
				world.Clients[0].XPM.Deleted = true // it has no documents there, so the copy fails
				s := newResumable(t, world)
				s.operator = nil
				s.run(t, copyCDM, "ACME01", "BETA02")
				if grows {
					systems, err := s.practice.Systems(nil)
					if err != nil {
						t.Fatal(err)
					}
					for range 2 {
						body, err := systems.Nimbus.Documents.Download(context.Background(), "d-1")
						if err != nil {
							t.Fatal(err)
						}
						_ = body.Close()
					}
				}
				s.operator = offboard.Approve("Pat Example", "tests", nil)
				r := s.run(t, copyCDM, "ACME01", "BETA02")
				sync := r.step("BETA02", offboard.StepFullClientSync)
				if synced := slices.Contains(r.destroyed(), syncing); synced == grows || r.onGrid("ACME01") != grows {
					t.Errorf("synced %t: %s", synced, sync.Reason)
				}
				if grows && (sync.State != offboard.Blocked || !strings.Contains(sync.Reason, "ACME01")) {
					t.Errorf("I12: %s: %s", sync.State, sync.Reason)
				}
			})
		})
	}
}
