package offboard_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// TestTable_missingCapability takes one capability of Nimbus away at a time, from
// every source, with the policy that keeps everything and with the one that
// destroys most. P9: with a person at hand it ends as if nothing was missing;
// without one it waits for what the capability guards, and for nothing else.
func TestTable_missingCapability(t *testing.T) {
	for i, capability := range nimbus.Capabilities() {
		for j, source := range tableSources {
			t.Run(fmt.Sprint(capability, "/", source), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				for k, c := range []cell{{source: source, policy: with(keepCDM, offboard.ContactsKeep, offboard.SignaturesStop)}, destroyingMost(source, capability)} {
					for l, person := range []bool{true, false} {
						if !*exhaustive && (i+j+k+l)%2 == 0 {
							continue
						}
						t.Run(fmt.Sprintf("%s, person %t", c.policyName(), person), func(t *testing.T) {
							inBubble(t, func(t *testing.T) { c.tryWithout(t, capability, person, dir) })
						})
					}
				}
			})
		}
	}
}

// destroyingMost has Documents for Signature too, so that entities are deleted by
// hand (I13). Only an account with CDM has what some capabilities are about.
func destroyingMost(source offboard.Source, capability nimbus.Capability) cell {
	documents := deleteAll
	switch capability {
	case nimbus.CapabilityFoldersArchive, nimbus.CapabilityArchiveRead, nimbus.CapabilityArchiveRestore:
		documents = archiveCDM
	}
	return cell{source, with(documents, offboard.ContactsDelete, offboard.SignaturesDelete),
		worldState{world: func(_ cell, w *offboardtest.World) { signatures(w) }, want: heldBySignatures}}
}

// guards says, by the rules, what may not happen where a capability is missing and
// nobody is there: the run waits, and these effects do not come.
func (c cell) guards(capability nimbus.Capability) (waits bool, effects []string) {
	removal, _ := c.removal()
	disposals := []string{"remove-portal-access", "delete-contact", "archive-folder", "delete-folder"}
	everything := append([]string{removal, syncing, deleting}, disposals...)
	byHand := c.source == offboard.SourceNone
	held := c.policy.Signatures == offboard.SignaturesDelete // then there are Documents for Signature
	switch capability {
	case nimbus.CapabilityAccountEdition: // I4: R19 and R20 are the same button
		return true, everything
	case nimbus.CapabilityClientsRead: // P5: nobody knows who is meant
		return true, everything
	case nimbus.CapabilityHistoryExport: // R1
		return true, everything
	case nimbus.CapabilityFoldersRead, nimbus.CapabilityDocumentsUpload: // R3
		return true, everything
	case nimbus.CapabilityClientsDelete: // R6, I13
		return byHand || held, []string{deleting}
	case nimbus.CapabilityEmailJobsRead: // I13: the jobs are not proved
		return held && !byHand, when(!byHand, deleting)
	case nimbus.CapabilitySyncStart: // R7
		return c.fullSync(), when(c.fullSync(), append(disposals, syncing)...)
	case nimbus.CapabilitySyncRead: // R7, R8: nobody sees it complete
		return !byHand, when(!byHand, append(disposals, syncing)...)
	case nimbus.CapabilityContactsRead: // R17: somebody has to look who is left
		return true, []string{"remove-portal-access", "delete-contact"}
	case nimbus.CapabilityContactsAccess: // R15: access first
		return c.policy.Contacts != offboard.ContactsKeep, []string{"remove-portal-access", "delete-contact"}
	case nimbus.CapabilityContactsDelete: // R15
		return c.policy.Contacts == offboard.ContactsDelete, []string{"delete-contact"}
	case nimbus.CapabilityFoldersArchive, nimbus.CapabilityArchiveRead: // R19, I4
		return c.disposal() == "archive", []string{"archive-folder"}
	case nimbus.CapabilityFoldersDelete: // R20
		return c.disposal() == "delete", []string{"delete-folder"}
	}
	return false, nil // what is left is no part of the procedure
}

func when(holds bool, effects ...string) []string {
	if !holds {
		return nil
	}
	return effects
}

// approving approves, and compares lists where nothing else is asked for.
func approving() offboard.Operator {
	return offboard.Approve("Pat Example", "tests", offboard.OperatorFunc(func(_ context.Context, t offboard.Task) (offboard.Answer, error) {
		if t.Step != offboard.StepFullClientSync || strings.Contains(t.Where, "AutoMate") {
			return offboard.Answer{}, offboard.ErrNoAnswer
		}
		return offboard.Answer{Yes: true, By: "Pat Example"}, nil
	}))
}

func (c cell) tryWithout(t *testing.T, capability nimbus.Capability, person bool, dir string) {
	world := c.world()
	world.Capabilities = without(capability)
	practice, err := offboardtest.New(world)
	if err != nil {
		t.Fatal(err)
	}
	systems, err := practice.Systems(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := run{practice: practice, journal: &offboardtest.Journal{}}
	before := practice.State()
	runner := offboard.Runner{
		Plan:     offboard.NewPlan(offboard.Spec{Source: c.source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}}}, systems),
		Journal:  r.journal,
		Operator: approving(), Wait: time.Hour, Batch: oneByOne,
	}
	if person {
		runner.Operator = &offboardtest.Person{Practice: practice, Evidence: r.journal, Dir: dir}
	}
	if r.report, err = runner.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.state = practice.State()
	checkInvariants(t, r)
	waits, guarded := c.guards(capability)
	switch {
	case person:
		c.endsAsUsual(t, r, before)
	case !waits && r.report.State() != offboard.Done, waits && r.report.State() != offboard.Waiting:
		t.Errorf("P9: it is %s, and has to wait: %t", r.report.State(), waits)
	case waits && len(r.report.Tasks) == 0:
		t.Error("P9: it waits, and nobody is asked")
	}
	for _, op := range r.destroyed() {
		if !person && waits && slices.Contains(guarded, op) {
			t.Errorf("P9: %s without %s and without anybody", op, capability)
		}
	}
	if t.Failed() {
		var text strings.Builder
		_ = r.report.WriteText(&text)
		t.Log("\n" + text.String())
	}
}

// endsAsUsual compares what became of the client with a world in which programs
// can do everything; what a person did is told in other words.
func (c cell) endsAsUsual(t *testing.T, r run, before offboardtest.State) {
	t.Helper()
	want := c.ending()
	got := r.ending(before, nil, want)
	for _, f := range []*ending{&want, &got} {
		acme := f.Clients["ACME01"]
		acme.Kept, acme.Effects = nil, nil
		f.Clients, f.Syncs = map[string]fate{"ACME01": acme}, 0
		delete(f.Contacts, "Dana")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("P9: by the rules (-), as it is (+):\n%s", diff)
	}
}
