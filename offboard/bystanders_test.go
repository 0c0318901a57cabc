package offboard_test

import (
	"context"
	"errors"
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

// I1, I10, I12: a client that leaves too, archived already and stopped before its
// history was filed or approved, is not taken along by the sync of another.
func TestBystanders_unprepared(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := defaultWorld()
		world.Clients[0].XPM.Deleted = true // it has no documents there, so the copy fails
		s := newResumable(t, world)
		r := s.run(t, copyCDM, "ACME01", "BETA02")
		sync := r.step("BETA02", offboard.StepFullClientSync)
		if sync.State != offboard.Blocked || !strings.Contains(sync.Rule, "I12") || !strings.Contains(sync.Reason, "ACME01") || !r.onGrid("ACME01") {
			t.Errorf("I12: %s: %s", sync.State, sync.Reason)
		}
	})
}

// I1, I12: nor is one whose history has grown since it was exported and approved,
// until its own turn comes, for which it is exported again.
func TestBystanders_grownHistory(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		world := crowd(2)
		world.Clients[0].XPM.Archived, world.Clients[1].XPM.Archived = true, true
		s := newBatch(t, world, 2, archiveCDM, offboard.Batch{Wave: 1, Canary: -1, Parallel: 1})
		approved := false
		s.runner.OnRecord = func(r offboard.Record) { approved = approved || r.Kind == offboard.KindAnswered }
		s.runner.Batch.Halt = func() string { return map[bool]string{true: "after the approval"}[approved] }
		if _, err := s.runner.Run(context.Background()); !errors.As(err, new(*offboard.HaltError)) {
			t.Fatal(err)
		}
		systems, err := s.practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // of the other client's files
			body, err := systems.Nimbus.Documents.Download(context.Background(), "d-2")
			if err != nil {
				t.Fatal(err)
			}
			_ = body.Close()
		}
		s.runner.Batch.Halt = nil
		r := s.run(t)
		if sync := r.step(crowdCode(0), offboard.StepFullClientSync); sync.State != offboard.Blocked || !strings.Contains(sync.Reason, crowdCode(1)) {
			t.Errorf("I12: %s: %s", sync.State, sync.Reason)
		}
		if again := s.run(t); again.report.State() != offboard.Done || !slices.Contains(s.journal.Files(), "client-c0001/history-2.csv") {
			t.Errorf("then %s: %s", again.report.State(), again.rules())
		}
	})
}

// I12: what a person has compared is good for one sync. After one that failed the
// lists are compared again, and a client that was archived meanwhile is seen.
func TestBystanders_comparedForEachSync(t *testing.T) {
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceXPMField} {
		inBubble(t, func(t *testing.T) {
			c := cell{source: source, policy: keepCDM}
			world := c.world()
			world.Sync.Fail = 1
			world.Capabilities = without(nimbus.CapabilityClientsRead)
			practice, err := offboardtest.New(world)
			if err != nil {
				t.Fatal(err)
			}
			journal := &offboardtest.Journal{}
			runner := wavesOfOne(t, practice, offboard.Spec{Source: source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}}}, journal)
			person := &offboardtest.Person{Practice: practice, Evidence: journal, Dir: t.TempDir()}
			compared, syncs := 0, 0
			runner.Operator = offboard.OperatorFunc(func(ctx context.Context, task offboard.Task) (offboard.Answer, error) {
				if task.Step == offboard.StepFullClientSync && strings.HasSuffix(task.Do[1], " but ACME01") {
					compared++
				}
				return person.Ask(ctx, task)
			})
			if _, err := runner.Run(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, e := range practice.Effects() {
				if e.Operation == syncing {
					syncs++
				}
			}
			questions := map[offboard.Source]int{offboard.SourceXPM: 1, offboard.SourceXPMField: 2}[source]
			if syncs != 2 || compared != syncs*questions {
				t.Errorf("I12: %s: %d syncs, lists compared %d times", source, syncs, compared)
			}
		})
	}
}
