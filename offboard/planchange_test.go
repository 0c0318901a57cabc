package offboard_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

// planned is a plan with everything that is compared.
func planned(t *testing.T) offboard.PlanFile {
	return offboard.PlanFile{
		Spec: offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM,
			Entities: []offboard.Entity{{Code: "ACME01", Name: "Acme", RetainUntil: date(t, "2031-06-30"), ServiceEnded: date(t, "2024-06-30")}}},
		Steps: []string{offboard.StepResolve, offboard.StepPreflight},
		Clients: []offboard.PlannedClient{{Code: "ACME01", Edition: "cdm", Snapshot: &offboard.Snapshot{
			XPM: "x-1", Nimbus: "c-1", Folder: "f-1", Documents: []nimbus.DocumentID{"d-1", "d-2"}, Contacts: []nimbus.ContactID{"ct-1"}}}},
	}
}

// What a person is told of each kind of change, in the words of the error.
func TestPlanChange_inWords(t *testing.T) {
	client := func(change func(*offboard.PlannedClient)) func(*offboard.PlanFile) {
		return func(f *offboard.PlanFile) { change(&f.Clients[0]) }
	}
	snapshot := func(change func(*offboard.Snapshot)) func(*offboard.PlanFile) {
		return client(func(c *offboard.PlannedClient) { change(c.Snapshot) })
	}
	entity := func(change func(*offboard.Entity)) func(*offboard.PlanFile) {
		return func(f *offboard.PlanFile) { change(&f.Spec.Entities[0]) }
	}
	for want, change := range map[string]func(*offboard.PlanFile){
		"the source: in the plan xpm, now myobae":                                                   func(f *offboard.PlanFile) { f.Spec.Source = offboard.SourceMYOBAE },
		"the field: in the plan nothing, now Portal":                                                func(f *offboard.PlanFile) { f.Spec.Field = "Portal" },
		"policy.documents.folder: in the plan keep, now archive":                                    func(f *offboard.PlanFile) { f.Spec.Policy = archiveCDM },
		"policy.contacts: in the plan nothing, now delete":                                          func(f *offboard.PlanFile) { f.Spec.Policy.Contacts = offboard.ContactsDelete },
		"policy.retainYears: in the plan nothing, now 10":                                           func(f *offboard.PlanFile) { f.Spec.Policy.RetainYears = 10 },
		"the step copy-history: in the plan not taken, now taken":                                   func(f *offboard.PlanFile) { f.Steps = append(f.Steps, offboard.StepCopyHistory) },
		"the step preflight: in the plan taken, now not taken":                                      func(f *offboard.PlanFile) { f.Steps = f.Steps[:1] },
		"the order of steps: in the plan resolve preflight, now preflight resolve":                  func(f *offboard.PlanFile) { slices.Reverse(f.Steps) },
		"retainUntil of ACME01: in the plan 2031-06-30, now 2020-06-30":                             entity(func(e *offboard.Entity) { e.RetainUntil = date(t, "2020-06-30") }),
		"serviceEnded of ACME01: in the plan 2024-06-30, now nothing":                               entity(func(e *offboard.Entity) { e.ServiceEnded = offboard.Date{} }),
		"the name or note of ACME01: in the plan one text, now another":                             entity(func(e *offboard.Entity) { e.Name = "Another" }),
		"ACME01: what is in the way: in the plan nothing, now preflight: signatureRequests 1":       client(func(c *offboard.PlannedClient) { c.Blocked = "preflight: signatureRequests 1" }),
		"ACME01: the edition: in the plan cdm, now non-cdm":                                         client(func(c *offboard.PlannedClient) { c.Edition = "non-cdm" }),
		"ACME01: its state in the source system: in the plan active, now taken out of it":           client(func(c *offboard.PlannedClient) { c.Left = true }),
		"ACME01: what the systems have of it: in the plan 1 contact and 2 documents, now not known": client(func(c *offboard.PlannedClient) { c.Snapshot = nil }),
		"ACME01: the client in XPM: in the plan x-1, now x-2":                                       snapshot(func(s *offboard.Snapshot) { s.XPM = "x-2" }),
		"ACME01: the client in MYOB AE: in the plan nothing, now m-1":                               snapshot(func(s *offboard.Snapshot) { s.MYOBAE = "m-1" }),
		"ACME01: the entity in Nimbus: in the plan c-1, now c-2":                                    snapshot(func(s *offboard.Snapshot) { s.Nimbus = "c-2" }),
		"ACME01: the folder: in the plan f-1, now f-2":                                              snapshot(func(s *offboard.Snapshot) { s.Folder = "f-2" }),
		"ACME01: the documents: in the plan 2, now 3 (new: d-3)":                                    snapshot(func(s *offboard.Snapshot) { s.Documents = append(s.Documents, "d-3") }),
		"ACME01: the documents: in the plan 2 (gone since: d-2), now 1":                             snapshot(func(s *offboard.Snapshot) { s.Documents = s.Documents[:1] }),
		"ACME01: the contacts: in the plan 1 (gone since: ct-1), now 1 (new: ct-7)":                 snapshot(func(s *offboard.Snapshot) { s.Contacts = []nimbus.ContactID{"ct-7"} }),
	} {
		now := planned(t)
		change(&now)
		var got []string
		for _, c := range offboard.ComparePlans(planned(t), now) {
			got = append(got, c.String())
		}
		if diff := cmp.Diff([]string{want}, got); diff != "" {
			t.Error(diff)
		}
	}
}

// I8: what has changed is told, at most five times, and no name.
func TestStalePlanError(t *testing.T) {
	stale := offboard.StalePlanError{Changes: []offboard.PlanChange{{What: "the source", Then: "xpm", Now: "none"}}}
	want := "the plan is out of date, so nothing was done; make it anew, look at it, and run that. What has changed: the source: in the plan xpm, now none"
	if got := stale.Error(); got != want {
		t.Errorf("it says %s", got)
	}
	for range 6 {
		stale.Changes = append(stale.Changes, offboard.PlanChange{Client: "ACME01", What: "the folder", Then: "f-1"})
	}
	more := "; ACME01: the folder: in the plan f-1, now nothing"
	if got := stale.Error(); got != want+more+more+more+more+"; and 2 changes more" {
		t.Errorf("it says %s", got)
	}
}
