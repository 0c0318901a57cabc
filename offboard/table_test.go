package offboard_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// cell is one place of the table: source × policy × state of the world. In it
// ACME01, which is in that state, and BETA02, which is not, leave; GAMMA03 and
// DELTA04 stay.
type cell struct {
	source offboard.Source
	policy offboard.Policy
	state  worldState
}

var tableSources = []offboard.Source{offboard.SourceXPM, offboard.SourceXPMField, offboard.SourceMYOBAE, offboard.SourceMYOBAEField, offboard.SourceNone}

// tablePolicies is documents × contacts × signatures.
func tablePolicies() (all []offboard.Policy) {
	for _, documents := range []offboard.Policy{keepCDM, archiveCDM, keepNonCDM, deleteAll} {
		for _, contacts := range []offboard.ContactsPolicy{offboard.ContactsKeep, offboard.ContactsRevoke, offboard.ContactsDelete} {
			for _, signatures := range []offboard.SignaturesPolicy{offboard.SignaturesStop, offboard.SignaturesSuspend, offboard.SignaturesDelete} {
				all = append(all, with(documents, contacts, signatures))
			}
		}
	}
	return all
}

func (c cell) policyName() string {
	return fmt.Sprintf("%s %s, contacts %s, signatures %s", c.policy.Documents.Edition(), c.disposal(), c.policy.Contacts, c.policy.Signatures)
}

// tableStep is the distance between the policies that are tried of a source and a
// state without -exhaustive: each source with each state, and all policies in turn.
const tableStep = 18

// TestTable tries every source with every state of the world and, with
// -exhaustive, with every policy. What must come of it the rules say, which
// table_rules_test.go holds.
func TestTable(t *testing.T) {
	for i, source := range tableSources {
		for j, state := range worldStates {
			t.Run(string(source)+"/"+state.name, func(t *testing.T) {
				t.Parallel()
				for k, policy := range tablePolicies() {
					c := cell{source, policy, state}
					if !*exhaustive && k%tableStep != (5*i+7*j)%tableStep {
						continue
					}
					t.Run(c.policyName(), func(t *testing.T) { inBubble(t, c.try) })
				}
			})
		}
	}
}

func (c cell) world() offboardtest.World {
	w := offboardtest.DefaultWorld(c.policy.Documents.Edition(), c.source != offboard.SourceNone)
	w.Sync.Every = offboardtest.Duration(10 * time.Second)
	w.Contacts = []offboardtest.Contact{
		{FirstName: "Billie", Surname: "Example", Login: true, Clients: []string{"ACME01"}},
		{FirstName: "Dana", Surname: "Example", Login: true, Clients: []string{"BETA02"}},
	}
	if c.source == offboard.SourceXPMField {
		byField(&w)
	}
	if c.state.world != nil {
		c.state.world(c, &w)
	}
	return w
}

// try runs the cell, compares what came of it with the rules, and runs it again.
func (c cell) try(t *testing.T) {
	practice, err := offboardtest.New(c.world())
	if err != nil {
		t.Fatal(err)
	}
	systems, err := practice.Systems(nil)
	if err != nil {
		t.Fatal(err)
	}
	spec := offboard.Spec{Source: c.source, Policy: c.policy, Entities: []offboard.Entity{{Code: "ACME01"}, {Code: "BETA02"}}}
	r := run{practice: practice, journal: &offboardtest.Journal{}}
	before := practice.State()
	runner := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: r.journal, Operator: seesBystanders(practice), Wait: time.Hour, Batch: oneByOne}
	if c.state.between != nil {
		runner.OnRecord = hookAfter(offboard.StepConfirmRemoved, "ACME01", func() { c.state.between(t, c, practice) })
	}
	again := func() {
		r.report, err = runner.Run(context.Background())
		if unknown := (*offboard.UnknownClientsError)(nil); err != nil && !errors.As(err, &unknown) {
			t.Fatal(err)
		}
		r.state = practice.State()
	}
	again()
	if c.state.after != nil {
		c.state.after(c, practice)
		again()
	}
	want := c.ending()
	if diff := cmp.Diff(want, r.ending(before, err, want)); diff != "" {
		t.Errorf("by the rules (-), as it is (+):\n%s", diff)
	}
	c.checkEffects(t, r, before)
	checkInvariants(t, r)
	effects, end := len(r.practice.Effects()), r.end()
	again()
	more := slices.DeleteFunc(r.practice.Effects()[effects:], func(e offboardtest.Effect) bool { return want.SyncsAgain && e.Operation == syncing })
	if len(more) > 0 || r.end() != end {
		t.Errorf("I9: a second run changed something: %v", more)
	}
	if t.Failed() {
		var text strings.Builder
		_ = r.report.WriteText(&text)
		t.Log("\n" + text.String())
	}
}

// checkEffects looks at all effects together: at their order, and that none was
// sent for nothing or went beyond the run's clients.
func (c cell) checkEffects(t *testing.T, r run, before offboardtest.State) {
	t.Helper()
	removal, _ := c.removal()
	synced := false
	for _, e := range r.practice.Effects() {
		disposes := slices.Contains([]string{"remove-portal-access", "delete-contact", "archive-folder", "delete-folder"}, e.Operation)
		switch {
		case !e.Changed:
			t.Errorf("I5: %s of %s was sent for nothing", e.Operation, e.Target)
		case e.Operation == syncing:
			synced = true
		case c.fullSync() && e.Operation == removal && synced:
			t.Errorf("R7: %s of %s after the sync that was for it", removal, e.Client)
		case c.fullSync() && !synced && (disposes || e.Operation == deleting):
			t.Errorf("I2, I3, I13: %s of %s before the sync", e.Operation, e.Target)
		case e.Operation == "delete-contact" && !slices.ContainsFunc(r.practice.Effects(), func(a offboardtest.Effect) bool {
			return a.Operation == "remove-portal-access" && a.Target == e.Target && a.Seq < e.Seq
		}):
			t.Errorf("R15: contact %s was deleted before its portal access", e.Target)
		}
	}
	business := func(s offboardtest.State) (all []nimbustest.FolderState) {
		return slices.DeleteFunc(slices.Clone(s.Nimbus.Folders), func(f nimbustest.FolderState) bool { return f.Kind != nimbus.FolderBusiness })
	}
	if diff := cmp.Diff(business(before), business(r.state)); diff != "" {
		t.Errorf("I10: a business folder has changed:\n%s", diff)
	}
}

// ending is all that came of a cell, in the words of the rules. A rule counts as
// the expected one where it is among those that the report gives.
func (r run) ending(before offboardtest.State, err error, want ending) ending {
	got := ending{Clients: map[string]fate{}, Contacts: map[string]string{}, SyncsAgain: want.SyncsAgain, Refused: err != nil}
	for code, wanted := range want.Clients {
		f := r.fate(code, before)
		if wanted.Rule != "" && slices.Contains(strings.Split(f.Rule, ", "), wanted.Rule) {
			f.Rule = wanted.Rule
		}
		got.Clients[code] = f
	}
	for _, who := range before.Nimbus.Contacts {
		c, there := r.contact(who.FirstName)
		switch {
		case !there:
			got.Contacts[who.FirstName] = deleted
		case c.HasLogin && c.PortalAccess:
			got.Contacts[who.FirstName] = canLogIn
		default:
			got.Contacts[who.FirstName] = cannotLogIn
		}
	}
	for _, e := range r.practice.Effects() {
		if e.Operation == syncing && e.Changed {
			got.Syncs++
		}
	}
	return got
}

func (r run) fate(code string, before offboardtest.State) fate {
	f := fate{Upstream: r.upstream(code), OnGrid: r.onGrid(code)}
	if effects := r.ofClient(code); len(effects) > 0 {
		f.Effects = effects
	}
	for _, c := range r.report.Clients {
		if c.Code != code {
			continue
		}
		f.State = c.State
		for _, s := range c.Steps {
			if f.Rule == "" && slices.Contains([]offboard.State{offboard.Blocked, offboard.Failed, offboard.Waiting, offboard.Manual}, s.State) {
				f.Rule = s.Rule
			}
		}
		for _, k := range c.Kept {
			f.Kept = append(f.Kept, k.What+" "+k.Rule)
		}
		slices.Sort(f.Kept)
	}
	f.Folder, f.Files = r.folder(code, before)
	return f
}

// upstream is how the source systems show the client.
func (r run) upstream(code string) string {
	shown := active
	x := r.xpm(code)
	if fields := r.practice.XPM.CustomFields(); len(fields) > 0 && r.practice.XPM.CustomValue("client", x.UUID, fields[0].UUID) != "true" {
		shown = fieldCleared
	}
	if x.Archived {
		shown = archived
	}
	switch m, _ := r.practice.MYOBAE.Client(code); {
	case m.Status == "Closed":
		shown = closed
	case m.ExtraFields["Nimbus Portal"] != true:
		shown = extraFieldCleared
	}
	return shown
}

// folder is where the client's files are, and how many.
func (r run) folder(code string, before offboardtest.State) (where string, files int) {
	where = deleted
	for _, f := range r.state.Nimbus.Folders {
		if !strings.HasPrefix(f.Code, code) || f.Kind == nimbus.FolderBusiness {
			continue
		}
		where, files = clientFolder, f.Documents
		if f.Kind == nimbus.FolderOrphaned {
			return orphaned, f.Documents
		}
	}
	i := slices.IndexFunc(before.Nimbus.Folders, func(f nimbustest.FolderState) bool { return f.Code == code && f.Kind == nimbus.FolderClient })
	for _, d := range r.state.Nimbus.Archive {
		if (where == deleted || where == archived) && i >= 0 && d.FolderID == before.Nimbus.Folders[i].ID {
			where, files = archived, files+1
		}
	}
	return where, files
}
