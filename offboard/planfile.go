package offboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// planVersion is the version of the form of a PlanFile. Fields may be added to
// it, and none change their meaning.
const planVersion = 1

// PlanFile is a plan as a file: what was wanted, what every client was when it
// was looked at, and what would be done. A run that is held to it (Runner.Approved)
// does exactly that, or refuses since the world has moved.
type PlanFile struct {
	Version int `json:"version"`
	// Scope is the hash of what is wanted and of every client's snapshot: what an
	// approval is bound to (I10).
	Scope    string          `json:"scope"`
	Forecast Forecast        `json:"forecast"`
	Spec     Spec            `json:"spec"`
	Steps    []string        `json:"steps"`
	Clients  []PlannedClient `json:"clients"`
}

// PlannedClient is one client of a PlanFile.
type PlannedClient struct {
	Code string `json:"code"`
	// Scope is the client's part of the scope of the plan.
	Scope string `json:"scope"`
	// Blocked says why the client would go no further; empty: nothing is in the way.
	Blocked  string       `json:"blocked,omitempty"`
	Edition  string       `json:"edition,omitempty"`
	Left     bool         `json:"left,omitempty"` // it is archived or closed already
	Snapshot *Snapshot    `json:"snapshot,omitempty"`
	Findings []Finding    `json:"findings,omitempty"`
	Steps    []StepReport `json:"steps"`
}

// Propose is Preview, with the plan that comes of it.
func (r Runner) Propose(ctx context.Context) (PlanFile, Report, error) {
	s, err := r.begin(ctx)
	if err != nil {
		return PlanFile{}, Report{}, err
	}
	err = s.preview(ctx)
	report := s.report()
	report.Preview = true
	if err != nil {
		return PlanFile{}, report, err
	}
	return s.plan(report), report, nil
}

// plan is the plan file for where the clients stand.
func (s *session) plan(report Report) PlanFile {
	f := PlanFile{Version: planVersion, Spec: s.Plan.Spec, Forecast: s.Plan.Forecast(s.Batch)}
	for _, info := range s.infos {
		f.Steps = append(f.Steps, info.Name)
	}
	var scopes []string
	for _, c := range report.Clients {
		planned := s.planned(c)
		f.Clients = append(f.Clients, planned)
		if planned.Blocked == "" {
			scopes = append(scopes, planned.Scope)
		}
	}
	f.Scope = scopeOf(scopes)
	return f
}

func (s *session) planned(c ClientReport) PlannedClient {
	facts := s.progress.Facts(c.Code)
	planned := PlannedClient{Code: c.Code, Snapshot: facts.Snapshot, Left: facts.leftUpstream(),
		Scope: scopeOfClient(s.wanted, s.entities[c.Code], facts.Snapshot)}
	for _, step := range c.Steps {
		if step.Name == StepPreflight {
			planned.Edition, planned.Findings = step.Evidence["edition"], step.Findings
		}
		if planned.Blocked == "" && (step.State == Blocked || step.State == Failed) {
			planned.Blocked = step.Name + ": " + step.Reason
		}
		step.Evidence, step.Findings = nil, nil
		planned.Steps = append(planned.Steps, step)
	}
	return planned
}

// maxPlan is how many bytes of a plan are read: a specification, and for each of
// its clients what it was and where every step stands, which is a few kilobytes.
const maxPlan = 4 * maxSpec

// ReadPlanFile reads what was written as a PlanFile, of 256 MiB at most, as strictly
// as ReadSpec reads a specification. What is no plan, or was changed by hand so that it no longer is
// what its scope says, is a *SpecError that names the field.
func ReadPlanFile(r io.Reader) (PlanFile, error) {
	var f PlanFile
	err := strictjson.Read(r, &f, strictjson.Options{MaxBytes: maxPlan, Forms: specForms()})
	if err != nil {
		return PlanFile{}, inPlan(err)
	}
	if err := f.check(); err != nil {
		return PlanFile{}, err
	}
	return f, nil
}

// inPlan is what reading found, with the paths of a plan: what UnmarshalJSON says
// of the policy does not know that the specification is part of one.
func inPlan(err error) error {
	wrong, ok := errors.AsType[*SpecError](err)
	switch {
	case ok:
		return &SpecError{"spec." + wrong.Field, wrong.Problem}
	case errors.As(err, new(*strictjson.Error)):
		return specError(err)
	}
	return fmt.Errorf("the plan cannot be read: %w", err)
}

func (f PlanFile) check() error {
	if f.Version != planVersion {
		return &SpecError{"version", fmt.Sprintf("is %d: this program reads plans of version %d", f.Version, planVersion)}
	}
	if len(f.Clients) != len(f.Spec.Entities) {
		return &SpecError{"clients", fmt.Sprintf("are %d, and spec.entities are %d: make the plan anew", len(f.Clients), len(f.Spec.Entities))}
	}
	if field, problem := f.Spec.problem(); problem != "" {
		return &SpecError{"spec." + field, problem}
	}
	var scopes []string
	wanted := f.Spec.wanted()
	for i, c := range f.Clients {
		field := fmt.Sprintf("clients[%d]", i)
		e := f.Spec.Entities[i]
		if c.Code != e.Code {
			return &SpecError{field + ".code", fmt.Sprintf("is %s, and spec.entities[%d] is %s: make the plan anew", strictjson.Quote(c.Code), i, strictjson.Quote(e.Code))}
		}
		if scopeOfClient(wanted, e, c.Snapshot) != c.Scope {
			return &SpecError{field + ".scope", "does not fit the specification and the snapshot: one of them was changed; make the plan anew"}
		}
		if c.Blocked == "" {
			scopes = append(scopes, c.Scope)
		}
	}
	if f.Scope != scopeOf(scopes) {
		return &SpecError{"scope", "does not fit the clients: the plan was changed; make it anew"}
	}
	return nil
}

// moved compares where the clients stand now with the plan that the run is held
// to. Clients that were touched have moved by what the run did.
func (s *session) moved() []PlanChange {
	changes := ComparePlans(*s.Approved, s.plan(s.report()))
	s.progress.mu.RLock()
	defer s.progress.mu.RUnlock()
	return slices.DeleteFunc(changes, func(c PlanChange) bool { return s.progress.touched(c.Client) })
}
