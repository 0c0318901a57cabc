package offboard_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/offboard"
)

var now = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

func date(t *testing.T, s string) offboard.Date {
	t.Helper()
	d, err := offboard.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSpec_Validate(t *testing.T) {
	good := offboard.Spec{Source: offboard.SourceXPM, Policy: keepCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
	if err := good.Validate(now); err != nil {
		t.Fatal(err)
	}
	permanent := func(reason string, elsewhere bool) offboard.Documents {
		return offboard.NonCDM{Delete: &offboard.Permanent{Reason: reason, RecordsHeldElsewhere: elsewhere}}
	}
	cases := map[string]struct {
		change func(*offboard.Spec)
		field  string
	}{
		"no source":           {func(s *offboard.Spec) { s.Source = "" }, "source"},
		"other source":        {func(s *offboard.Spec) { s.Source = "aps" }, "source"},
		"no documents policy": {func(s *offboard.Spec) { s.Policy.Documents = nil }, "policy.documents"},
		"contacts":            {func(s *offboard.Spec) { s.Policy.Contacts = "destroy" }, "policy.contacts"},
		"signatures":          {func(s *offboard.Spec) { s.Policy.Signatures = "ignore" }, "policy.signatures"},
		"nobody":              {func(s *offboard.Spec) { s.Entities = nil }, "entities"},
		"no code":             {func(s *offboard.Spec) { s.Entities[0].Code = " " }, "entities[0].code"},
		"twice":               {func(s *offboard.Spec) { s.Entities = append(s.Entities, offboard.Entity{Code: "acme01 "}) }, "entities[1].code"},
		"control in a code":   {func(s *offboard.Spec) { s.Entities[0].Code = "A\x1b[2J" }, "entities[0].code"},
		"control in a name":   {func(s *offboard.Spec) { s.Entities[0].Name = "A\nB" }, "entities[0].name"},
		"control in a field":  {func(s *offboard.Spec) { s.Field = "A\nB" }, "field"},
		"fewer than no years": {func(s *offboard.Spec) { s.Policy.RetainYears = -1 }, "policy.retainYears"},
		"too many years":      {func(s *offboard.Spec) { s.Policy.RetainYears = 101 }, "policy.retainYears"},
		"a copy in no XPM": {func(s *offboard.Spec) {
			s.Source, s.Policy.History.XPMCopy = offboard.SourceMYOBAE, true
		}, "policy.history.xpmCopy"},
		"I4: no reason": {func(s *offboard.Spec) { s.Policy.Documents = permanent("", true) }, "policy.documents.permanent.reason"},
		"I4: no date":   {func(s *offboard.Spec) { s.Policy.Documents = permanent("over", false) }, "entities[0].retainUntil"},
		"P6: date to come": {func(s *offboard.Spec) {
			s.Policy.Documents, s.Entities[0].RetainUntil = permanent("over", false), date(t, "2026-06-01")
		}, "entities[0].retainUntil"},
		"P6: seven years to come": {func(s *offboard.Spec) {
			s.Policy.Documents, s.Entities[0].ServiceEnded = permanent("over", false), date(t, "2019-06-02")
		}, "entities[0].serviceEnded"},
		"P6: a stated date counts before the service's end": {func(s *offboard.Spec) {
			s.Policy.Documents, s.Entities[0].ServiceEnded = permanent("over", false), date(t, "2001-06-02")
			s.Entities[0].RetainUntil = date(t, "2030-06-01")
		}, "entities[0].retainUntil"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := good
			s.Entities = slices.Clone(good.Entities)
			c.change(&s)
			var problem *offboard.SpecError
			if err := s.Validate(now); !errors.As(err, &problem) || problem.Field != c.field {
				t.Errorf("got %v, want a problem with %s", err, c.field)
			}
		})
	}
	good.Policy.Documents, good.Entities[0].RetainUntil = permanent("over", false), date(t, "2026-05-30")
	if err := good.Validate(now); err != nil {
		t.Errorf("P6: a date that has passed: %v", err)
	}
	good.Entities[0] = offboard.Entity{Code: "ACME01", ServiceEnded: date(t, "2021-05-29")}
	good.Policy.RetainYears = 5
	if err := good.Validate(now); err != nil {
		t.Errorf("P6: five years that have passed: %v", err)
	}
}

// P6: the last day of retention is the one that is stated, or so many years after
// the service ended.
func TestEntity_Earliest(t *testing.T) {
	for name, c := range map[string]struct {
		until, ended string
		years        int
		want         string
	}{
		"neither is known":        {"", "", 0, ""},
		"seven years, by default": {"", "2019-06-30", 0, "2026-06-30"},
		"the policy's years":      {"", "2019-06-30", 5, "2024-06-30"},
		"what is stated counts":   {"2020-01-31", "2019-06-30", 5, "2020-01-31"},
		"a day that is not there": {"", "2020-02-29", 5, "2025-03-01"},
	} {
		t.Run(name, func(t *testing.T) {
			var e offboard.Entity
			if c.until != "" {
				e.RetainUntil = date(t, c.until)
			}
			if c.ended != "" {
				e.ServiceEnded = date(t, c.ended)
			}
			if got := e.Earliest(offboard.Policy{RetainYears: c.years}).String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSpec_JSON(t *testing.T) {
	for _, policy := range []offboard.Policy{keepCDM, with(archiveCDM, offboard.ContactsDelete, offboard.SignaturesDelete), keepNonCDM, deleteAll, fullPolicy} {
		want := offboard.Spec{Source: offboard.SourceXPMField, Field: "Portal", Policy: policy,
			Entities: []offboard.Entity{{Code: "ACME01", Name: "Acme", RetainUntil: date(t, "2031-06-30"), ServiceEnded: date(t, "2024-06-30"), Note: "n"}, {Code: "B"}}}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got offboard.Spec
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b offboard.Date) bool { return a.String() == b.String() })); diff != "" {
			t.Error(diff)
		}
	}
	for _, bad := range []string{
		`{"documents":{"edition":"cdm","folder":"delete"}}`,
		`{"documents":{"edition":"cdm","folder":"delete","permanent":{"reason":"r"}}}`,
		`{"documents":{"edition":"non-cdm","folder":"archive"}}`,
		`{"documents":{"edition":"non-cdm","folder":"delete"}}`,
		`{"documents":{"folder":"keep"}}`,
		`{}`,
	} {
		var p offboard.Policy
		if err := json.Unmarshal([]byte(bad), &p); err == nil {
			t.Errorf("R19, R20, I4: %s was read as %+v", bad, p)
		}
	}
}

func TestPlan_Validate(t *testing.T) {
	plan := func() offboard.Plan {
		return offboard.NewPlan(offboard.Spec{Source: offboard.SourceXPM, Policy: with(archiveCDM, offboard.ContactsDelete, offboard.SignaturesDelete)}, offboard.Systems{})
	}
	for _, source := range []offboard.Source{offboard.SourceXPM, offboard.SourceXPMField, offboard.SourceMYOBAE, offboard.SourceMYOBAEField, offboard.SourceNone} {
		for _, policy := range []offboard.Policy{keepCDM, deleteAll, suspendCDM, copyCDM, with(archiveCDM, offboard.ContactsDelete, offboard.SignaturesDelete)} {
			if err := offboard.NewPlan(offboard.Spec{Source: source, Policy: policy}, offboard.Systems{}).Validate(); err != nil {
				t.Errorf("%s: %v", source, err)
			}
		}
	}
	check := func(context.Context, offboard.View) (offboard.Verdict, error) { return offboard.Verdict{}, nil }
	cases := map[string]struct {
		change func(*offboard.Plan)
		rule   string
	}{
		"R1: archived before the export": {func(p *offboard.Plan) {
			i, j := p.Index(offboard.StepExportHistory), p.Index(offboard.StepArchiveClient)
			p.Steps[i], p.Steps[j] = p.Steps[j], p.Steps[i]
		}, "order"},
		"R1: no export at all": {func(p *offboard.Plan) {
			p.Steps = slices.DeleteFunc(p.Steps, func(s offboard.Step) bool { return s.Name == offboard.StepExportHistory })
		}, "order"},
		"I1: destroys without a history": {func(p *offboard.Plan) {
			p.Steps = append(p.Steps, offboard.Step{StepInfo: offboard.StepInfo{Name: "burn", Destructive: true, Needs: []string{offboard.StepApprove}}, Check: check})
		}, "I1"},
		"I10: destroys without approval": {func(p *offboard.Plan) {
			p.Steps = append(p.Steps, offboard.Step{StepInfo: offboard.StepInfo{Name: "burn", Destructive: true, Needs: []string{offboard.StepExportHistory}}, Check: check})
		}, "I10"},
		"I2: disposes without proof": {func(p *offboard.Plan) {
			p.Steps[p.Index(offboard.StepDisposeDocuments)].Needs = []string{offboard.StepExportHistory, offboard.StepApprove}
		}, "I2"},
		"I1: archived before the copy is filed": {func(p *offboard.Plan) {
			p.Steps[p.Index(offboard.StepArchiveClient)].Needs = []string{offboard.StepExportHistory, offboard.StepApprove}
		}, "R3"},
		"a wave before the approval": {func(p *offboard.Plan) {
			p.Steps = slices.Insert(p.Steps, 1, offboard.Step{StepInfo: offboard.StepInfo{Name: "sweep", Scope: offboard.PerWave}, Check: check})
		}, "order"},
		"twice":    {func(p *offboard.Plan) { p.Steps = append(p.Steps, p.Steps[0]) }, "order"},
		"no check": {func(p *offboard.Plan) { p.Steps[3].Check = nil }, "order"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := plan()
			c.change(&p)
			var problem *offboard.PlanError
			if err := p.Validate(); !errors.As(err, &problem) || !strings.Contains(problem.Rule, c.rule) {
				t.Errorf("got %v, want %s", err, c.rule)
			}
		})
	}
}
