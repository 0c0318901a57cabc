package offboard_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Two clients leave a practice that exists in memory only.
func Example() {
	practice := must(offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true)))
	systems := must(practice.Systems(nil)) // a service: offboard.NewSystems(x, m, n)
	spec := offboard.Spec{
		Source:   offboard.SourceXPM,
		Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}},
		Policy:   offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}, Contacts: offboard.ContactsRevoke},
	}
	runner := offboard.Runner{
		Plan:     offboard.NewPlan(spec, systems),
		Journal:  &offboardtest.Journal{}, // a service: filejournal.Open("offboarding")
		Operator: offboard.Approve("pat", "engagements ended", nil),
		Wait:     time.Minute,
	}
	report := must(runner.Run(context.Background()))
	fmt.Println(report.State())
	for _, client := range report.Clients {
		for _, kept := range client.Kept {
			fmt.Printf("%s keeps %s (%s)\n", client.Code, kept.What, kept.Rule)
		}
	}
	// Output:
	// done
	// ACME01 keeps history (R1)
	// ACME01 keeps contact (R15)
	// ACME01 keeps contact (R16)
	// ACME01 keeps archive (R19, P7)
	// BETA02 keeps history (R1)
	// BETA02 keeps contact (R15)
	// BETA02 keeps archive (R19, P7)
}

// A practice whose Nimbus has no API, but a view into its database that shows
// the Client Grid: that part is read by the program, and people do the rest.
func ExampleSystems() {
	practice := must(offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true)))
	systems := must(practice.Systems(nil))
	systems.Nimbus = offboard.Nimbus{
		Account: offers{nimbus.CapabilityClientsRead},
		Clients: grid{"ACME01": {ID: "4711", Code: "ACME01", Integrated: true}},
	}
	spec := offboard.Spec{
		Source:   offboard.SourceXPM,
		Entities: []offboard.Entity{{Code: "ACME01"}},
		Policy:   offboard.Policy{Documents: offboard.CDM{}},
	}
	runner := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: &offboardtest.Journal{}}
	report := must(runner.Run(context.Background()))
	for _, step := range report.Clients[0].Steps[:3] {
		fmt.Println(step.Name, step.State)
	}
	fmt.Println(report.Tasks[0].Do[0])
	// Output:
	// resolve done
	// preflight manual
	// export-history pending
	// Say which edition the account has
}

// offers says what there is a way of one's own for.
type offers []nimbus.Capability

func (o offers) Get(context.Context) (nimbus.Account, error) {
	return nimbus.Account{Capabilities: o}, nil
}

// grid is the Client Grid by Client Code, as the view shows it.
type grid map[string]nimbus.ClientEntity

func (g grid) Get(_ context.Context, id nimbus.ClientID) (nimbus.ClientEntity, error) {
	for _, entity := range g {
		if entity.ID == id {
			return entity, nil
		}
	}
	return nimbus.ClientEntity{}, nimbus.ErrNotFound
}

func (g grid) FindByCode(_ context.Context, code string) ([]nimbus.ClientEntity, error) {
	if entity, ok := g[code]; ok {
		return []nimbus.ClientEntity{entity}, nil
	}
	return nil, nil
}

func (g grid) All(context.Context, nimbus.PageOptions) iter.Seq2[nimbus.ClientEntity, error] {
	return func(yield func(nimbus.ClientEntity, error) bool) {
		for _, entity := range g {
			if !yield(entity, nil) {
				return
			}
		}
	}
}

func (g grid) Delete(context.Context, nimbus.ClientID) error { return nimbus.ErrCapabilityUnavailable }

// A step of one's own: a person confirms that the final invoice is paid before the
// client is archived. The step itself has twenty lines.
func ExamplePlan() {
	practice := must(offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true)))
	spec := offboard.Spec{
		Source:   offboard.SourceXPM,
		Entities: []offboard.Entity{{Code: "ACME01"}},
		Policy:   offboard.Policy{Documents: offboard.CDM{}},
	}
	plan := offboard.NewPlan(spec, must(practice.Systems(nil)))

	invoice := offboard.Step{
		StepInfo: offboard.StepInfo{Name: "final-invoice", Does: "confirm that the final invoice is paid",
			Needs: []string{offboard.StepPreflight}, Scope: offboard.PerClient},
		Check: func(_ context.Context, v offboard.View) (offboard.Verdict, error) {
			task := offboard.Task{ID: v.Entity.Code + "/final-invoice", Client: v.Entity.Code, Step: "final-invoice",
				Where: "the ledger", Do: []string{"Answer yes once the final invoice is paid"}, Why: "nothing is billed to an archived client"}
			if _, answered := v.Answer(task.ID); answered {
				return offboard.Verdict{State: offboard.Done, Proof: offboard.Attested, Reason: "it is paid"}, nil
			}
			return offboard.Verdict{State: offboard.Manual, Task: &task}, nil
		},
	}
	plan.Steps = slices.Insert(plan.Steps, plan.Index(offboard.StepApprove), invoice)
	archive := &plan.Steps[plan.Index(offboard.StepArchiveClient)]
	archive.Needs = slices.Concat(archive.Needs, []string{invoice.Name})

	runner := offboard.Runner{Plan: plan, Journal: &offboardtest.Journal{}, Wait: time.Minute,
		Operator: offboard.OperatorFunc(func(_ context.Context, t offboard.Task) (offboard.Answer, error) {
			fmt.Printf("%s: %s\n", t.Step, t.Do[0])
			return offboard.Answer{Yes: true, By: "Pat Example"}, nil
		})}
	report := must(runner.Run(context.Background()))
	for _, step := range report.Clients[0].Steps[3:7] {
		fmt.Println(step.Name, step.State, step.Proof)
	}
	// Output:
	// final-invoice: Answer yes once the final invoice is paid
	// approve: archive client ACME01 in Xero Practice Manager (R4)
	// file-history done read
	// final-invoice done attested
	// approve done attested
	// archive-client done read
}
