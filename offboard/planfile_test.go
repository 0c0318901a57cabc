package offboard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// proposed is the plan of a run as it is read back from its file.
func proposed(t *testing.T, r offboard.Runner) offboard.PlanFile {
	t.Helper()
	plan, _, err := r.Propose(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return reread(t, plan)
}

func reread(t *testing.T, plan offboard.PlanFile) offboard.PlanFile {
	t.Helper()
	data, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	again, err := offboard.ReadPlanFile(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if diff := cmp.Diff(offboard.ComparePlans(plan, again), []offboard.PlanChange(nil)); diff != "" {
		t.Errorf("read back it is another plan: %s", diff)
	}
	return again
}

// A run that is held to its plan does it, with the approval bound to its scope.
func TestPlanFile_run(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, archiveCDM, "ACME01", "BETA02")
		plan := proposed(t, runner)
		if s.writes != 0 {
			t.Errorf("making the plan sent %d writes", s.writes)
		}
		scope := ""
		runner.Operator = offboard.OperatorFunc(func(_ context.Context, task offboard.Task) (offboard.Answer, error) {
			scope = task.Scope
			return offboard.Answer{Yes: true, By: "Pat Example"}, nil
		})
		runner.Approved = &plan
		report, err := runner.Run(context.Background())
		if err != nil || report.State() != offboard.Done || scope != plan.Scope {
			t.Errorf("%s, %v; approved %s of the plan %s", report.State(), err, scope, plan.Scope)
		}
		if report, err := runner.Run(context.Background()); err != nil || report.State() != offboard.Done {
			t.Errorf("again: %s, %v", report.State(), err)
		}
	})
}

// The world has moved: the run says in what, then and now, and touches nothing.
func TestPlanFile_stale(t *testing.T) {
	for _, c := range []struct {
		what      string
		move      func(*testing.T, *resumable)
		then, now string
	}{
		{"the documents", func(t *testing.T, s *resumable) {
			if _, err := s.practice.Nimbus.AddDocument("ACME01", nimbustestDocument{Name: "late.pdf", Content: []byte("late")}); err != nil {
				t.Fatal(err)
			}
		}, "2", "3 (new: d-9)"},
		{"its state in the source system", func(_ *testing.T, s *resumable) {
			s.practice.XPM.SetArchived(uuidOf(s.practice, "ACME01"), true)
		}, "active", "taken out of it"},
		{"what is in the way", func(t *testing.T, s *resumable) {
			if _, err := s.practice.Nimbus.AddEmailJob("ACME01", nimbustestEmailJob{Subject: "Sign", DocumentsForSignature: 1}); err != nil {
				t.Fatal(err)
			}
		}, "", "preflight: signatureRequests 1"},
		{"what Nimbus tells of its contacts and documents", func(_ *testing.T, s *resumable) {
			s.practice.Nimbus.SetInUse("d-1", true, false) // I10: the evidence of it is part of the scope
		}, "client-acme01/snapshot-", "client-acme01/snapshot-"},
		{"the edition", func(_ *testing.T, s *resumable) { s.practice.Nimbus.SetEdition("non-cdm") }, "cdm", "non-cdm"},
	} {
		t.Run(c.what, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				s := newResumable(t, defaultWorld())
				runner := s.runner(t, keepCDM, "ACME01", "BETA02")
				plan := proposed(t, runner)
				c.move(t, s)
				runner.Approved = &plan
				_, err := runner.Run(context.Background())
				var stale *offboard.StalePlanError
				if !errors.As(err, &stale) {
					t.Fatalf("got %v", err)
				}
				found := false
				for _, change := range stale.Changes {
					found = found || change.Client == "ACME01" && change.What == c.what && strings.HasPrefix(change.Then, c.then) && (change.Then == "") == (c.then == "") && strings.HasPrefix(change.Now, c.now)
				}
				if !found || s.writes != 0 || len(s.practice.Effects()) != 0 {
					t.Errorf("%v; %d writes", stale.Changes, s.writes)
				}
				if !strings.Contains(err.Error(), c.what) || !strings.Contains(err.Error(), "make it anew") {
					t.Errorf("it says %v", err)
				}
			})
		})
	}
}

// A plan for somebody else is not run.
func TestPlanFile_otherSpec(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		plan := proposed(t, s.runner(t, keepCDM, "ACME01"))
		runner := s.runner(t, archiveCDM, "BETA02")
		runner.Approved = &plan
		_, err := runner.Run(context.Background())
		var stale *offboard.StalePlanError
		if !errors.As(err, &stale) || len(s.practice.Effects()) != 0 {
			t.Fatalf("got %v", err)
		}
		want := []offboard.PlanChange{
			{What: "policy.documents.folder", Then: "keep", Now: "archive"},
			{Client: "ACME01", What: "the client", Then: "one that leaves", Now: "none"},
			{Client: "BETA02", What: "the client", Then: "none", Now: "one that leaves"},
		}
		if diff := cmp.Diff(want, stale.Changes); diff != "" {
			t.Error(diff)
		}
	})
}

// I10: a retention date is part of what is approved, so a plan with another one is
// another plan.
func TestComparePlans_stated(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		runner := s.runner(t, keepCDM, "ACME01")
		then := proposed(t, runner)
		date, err := offboard.ParseDate("2030-06-30")
		if err != nil {
			t.Fatal(err)
		}
		runner.Plan.Spec.Entities = []offboard.Entity{{Code: "ACME01", RetainUntil: date}}
		want := []offboard.PlanChange{{What: "retainUntil of ACME01", Now: "2030-06-30"}}
		if diff := cmp.Diff(want, offboard.ComparePlans(then, proposed(t, runner))); diff != "" {
			t.Error(diff)
		}
		var stale *offboard.StalePlanError
		runner.Approved = &then
		if _, err := runner.Run(context.Background()); !errors.As(err, &stale) || len(s.practice.Effects()) != 0 {
			t.Errorf("got %v", err)
		}
	})
}

// A plan that somebody edited no longer is what its scope says.
func TestReadPlanFile_changed(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		s := newResumable(t, defaultWorld())
		plan := proposed(t, s.runner(t, archiveCDM, "ACME01", "BETA02"))
		data, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ old, new, field string }{
			{`"version":1`, `"version":2`, "version"},
			{`"folder":"archive"`, `"folder":"keep"`, "clients[0].scope"},
			{`"d-1"`, `"d-7"`, "clients[0].scope"},
			{plan.Clients[1].Scope, strings.Repeat("0", 64), "clients[1].scope"},
			{`"scope":"` + plan.Scope, `"scope":"` + strings.Repeat("0", 64), "scope"},
			{`{"code":"ACME01"}`, `{"code":"ACME02"}`, "clients[0].code"},
			{`,{"code":"BETA02"}`, ``, "clients"},
			{`"version":1`, `"version":1,"version":1`, "version"},
			{`"version":1`, `"vision":1`, "vision"},
			{`"documents":["d-1"`, `"documents":[null`, "clients[0].snapshot.documents[0]"},
			{`"entities":[`, `"entities":[null,`, "spec.entities[0]"},
			{`"edition":"cdm"`, `"edition":"pro"`, "spec.policy.documents.edition"},
			{`"source":"xpm"`, `"source":"aps"`, "spec.source"},
			{`"documents":["d-1"`, `"documents":[7`, "clients[0].snapshot.documents[0]"},
			{`"documents":["d-1"`, `"documents":["d-1"],"documents":["d-1"`, "clients[0].snapshot.documents"},
			{`"snapshot":{`, `"snapshot":{"phone":"1",`, "clients[0].snapshot.phone"},
			{`"snapshot":{`, `"snapshot":null,"was":{`, "clients[0].snapshot"},
			{`"steps":[{`, `"steps":[{"state":4,`, "clients[0].steps[0].state"},
			{`"steps":["`, `"steps":[{},"`, "steps[0]"},
			{`"clients":[{`, `"clients":[[` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `],{`, "clients[0]"},
			{`"forecast":{`, `"forecast":{"` + strings.Repeat("x", 5000) + `":1,`, `forecast["` + strings.Repeat("x", 40) + `…"]`},
			{`"entities":[{`, `"entities":[{"code":"A","code":"B",`, "spec.entities[0].code"},
			{`"policy":{`, `"policy":{"contcats":"keep",`, "spec.policy.contcats"},
			{`{"version"`, `{} {"version"`, ""},
			{`{`, `[`, ""},
		} {
			changed := bytes.Replace(data, []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(changed, data) {
				t.Fatalf("the plan does not hold %s", c.old)
			}
			_, err := offboard.ReadPlanFile(bytes.NewReader(changed))
			var field *offboard.SpecError
			if !errors.As(err, &field) || field.Field != c.field {
				t.Errorf("with %s: %v, want an error about %s", c.new, err, c.field)
			}
		}
	})
}

// FuzzReadPlanFile reads nonsense: it never panics, every error names a field or
// says that there is no JSON object, and what is taken reads the same again.
func FuzzReadPlanFile(f *testing.F) {
	practice, err := offboardtest.New(defaultWorld())
	if err != nil {
		f.Fatal(err)
	}
	systems, err := practice.Systems(nil)
	if err != nil {
		f.Fatal(err)
	}
	spec := offboard.Spec{Source: offboard.SourceXPM, Policy: archiveCDM, Entities: []offboard.Entity{{Code: "ACME01"}}}
	plan, _, err := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: &offboardtest.Journal{}}.Propose(context.Background())
	if err != nil {
		f.Fatal(err)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	for old, changed := range map[string]string{
		`"version":1`: `"version":-1`, `"snapshot":{`: `"snapshot":{"snapshot":{},`, `"documents":["d-1"`: `"documents":[[]`, `"policy":{`: `"policy":null,"p":{`,
		`"scope":"`: `"scope":"0`, `"state":"`: `"state":"\u0000`, `"clients":[`: `"clients":[{},`, `"entities":[`: `"entities":[{"code":"\ud800"},`,
		`"edition":"cdm"`: `"edition":"non-cdm"`, `"steps":[`: `"steps":[null,`, `"findings":[{`: `"findings":[{"count":1e99,`, `"waves":`: `"waves":-9223372036854775808,"w":`,
	} {
		f.Add(bytes.Replace(data, []byte(old), []byte(changed), 1))
	}
	for _, document := range []string{`{"version":1}`, `{"version":1,"clients":[],"spec":{"entities":[]}}`, `{"clients":[{"snapshot":null}]}`, `[]`, ``} {
		f.Add([]byte(document))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, err := offboard.ReadPlanFile(bytes.NewReader(data))
		if err != nil {
			namesAField(t, data, err)
			return
		}
		again(t, plan, offboard.ReadPlanFile)
	})
}
