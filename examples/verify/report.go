package main

import (
	"context"

	"github.com/practicekit/offboarding/offboard"
)

// briefReport says of every step what the journal recorded last. It knows the
// steps of the plan only, and not what a new check would find.
func briefReport(ctx context.Context, plan offboard.Plan, journal offboard.Journal) (offboard.Report, error) {
	type unitStep struct{ unit, step string }
	steps := map[unitStep]offboard.StepReport{}
	kept := map[unitStep][]offboard.Kept{}
	for rec, err := range journal.Records(ctx) {
		if err != nil {
			return offboard.Report{}, err
		}
		key := unitStep{rec.Client, rec.Step}
		s := steps[key]
		s.Reason, s.Proof = rec.Reason, ""
		switch rec.Kind {
		case offboard.KindChecked:
			s.State, s.Rule, s.Proof, kept[key] = rec.State, rec.Rule, rec.Proof, rec.Kept
		case offboard.KindOutcome:
			s.State, s.Rule = rec.State, rec.Rule
			if rec.State == offboard.Done {
				s.State, s.Reason = offboard.Pending, "the effect was done; no check has proved it yet"
			}
		case offboard.KindIntent:
			s.State, s.Reason = offboard.Unknown, "an effect was begun; its outcome is not recorded"
		default:
			continue
		}
		if rec.Details != nil {
			s.Evidence = rec.Details
		}
		steps[key] = s
	}
	report := offboard.Report{Version: 1}
	for _, e := range plan.Spec.Entities {
		c := offboard.ClientReport{Code: e.Code, Name: e.Name, State: offboard.Done, Kept: []offboard.KeptReport{}}
		for _, info := range plan.Steps {
			key := unitStep{e.Code, info.Name}
			if info.Scope == offboard.PerWave {
				key.unit = ""
			}
			s := steps[key]
			s.Name = info.Name
			if s.State == "" {
				s.State, s.Rule = offboard.Pending, info.Rule
			}
			c.Steps = append(c.Steps, s)
			c.State = worse(c.State, s.State)
			for _, k := range kept[key] {
				c.Kept = append(c.Kept, offboard.KeptReport{Kept: k})
			}
		}
		report.Clients = append(report.Clients, c)
	}
	return report, nil
}

// worse folds the state of one more step into that of the client.
func worse(client, step offboard.State) offboard.State {
	switch {
	case client == offboard.Failed, step == offboard.Failed:
		return offboard.Failed
	case client == offboard.Blocked, step == offboard.Blocked:
		return offboard.Blocked
	case step == offboard.Done, step == offboard.Skipped:
		return client
	}
	return offboard.Waiting
}
