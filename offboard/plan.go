package offboard

import (
	"fmt"
	"slices"
)

// Plan is the procedure for one specification: steps in their order.
type Plan struct {
	Spec  Spec
	Steps []Step
	// Quota is what is left of XPM's: a wave begins only if it can be finished.
	// Nil where no program reaches XPM, or its client does not know.
	Quota Quota
}

// The names of the ready-made steps.
const (
	StepResolve           = "resolve"
	StepPreflight         = "preflight"
	StepExportHistory     = "export-history"
	StepFileHistory       = "file-history"
	StepCopyHistory       = "copy-history"
	StepApprove           = "approve"
	StepSuspendSignatures = "suspend-signatures"
	StepArchiveClient     = "archive-client"
	StepClearCustomField  = "clear-custom-field"
	StepCloseClient       = "close-client"
	StepClearExtraField   = "clear-extra-field"
	StepDeleteClient      = "delete-client"
	StepFullClientSync    = "full-client-sync"
	StepAwaitSync         = "await-sync"
	StepConfirmRemoved    = "confirm-removed"
	StepDisposeContacts   = "dispose-contacts"
	StepDisposeDocuments  = "dispose-documents"
)

// NewPlan composes the ready-made steps for the variant of the procedure that
// the specification names. No system is asked.
func NewPlan(spec Spec, systems Systems) Plan {
	p := newPractice(systems)
	steps := []Step{p.resolve(), p.preflight(), p.exportHistory(), p.fileHistory(), p.approve()}
	steps, byPolicy := p.insertWanted(steps, spec.Policy)
	removal := ""
	switch spec.Source {
	case SourceXPM:
		removal = StepArchiveClient
		steps = append(steps, p.archiveClient(), p.fullClientSync(removal))
	case SourceXPMField:
		removal = StepClearCustomField
		steps = append(steps, p.clearCustomField(), p.fullClientSync(removal))
	case SourceMYOBAE:
		removal = StepCloseClient
		steps = append(steps, p.closeClient(), p.awaitSync(StepCloseClient))
	case SourceMYOBAEField:
		removal = StepClearExtraField
		steps = append(steps, p.clearExtraField(), p.awaitSync(StepClearExtraField))
	default:
		removal = StepDeleteClient
		steps = append(steps, p.deleteClient())
	}
	after := steps[len(steps)-1].Name
	steps = append(steps, p.confirmRemoved(spec.Policy, after, removal), p.disposeContacts(spec.Policy, removal), p.disposeDocuments(spec.Policy, removal))
	plan := Plan{Spec: spec, Steps: steps, Quota: systems.XPM.Quota}
	taking := &plan.Steps[plan.Index(removal)]
	taking.Needs = append(taking.Needs, byPolicy...)
	costs := xpmCosts(spec)
	for i := range steps {
		steps[i].Costs = costs[steps[i].Name]
	}
	return plan
}

// insertWanted inserts the steps before the removal that only a policy asks for,
// and names them: the removal then needs them.
func (p practice) insertWanted(steps []Step, policy Policy) (all []Step, names []string) {
	if policy.History.XPMCopy {
		i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == StepFileHistory })
		steps, names = slices.Insert(steps, i+1, p.copyHistory()), append(names, StepCopyHistory)
	}
	if policy.Signatures == SignaturesSuspend {
		i := slices.IndexFunc(steps, func(s Step) bool { return s.Name == StepApprove })
		steps, names = slices.Insert(steps, i+1, p.suspendSignatures()), append(names, StepSuspendSignatures)
	}
	return steps, names
}

// Index returns the place of a step, for slices.Insert and the like; -1 if the
// plan has no such step.
func (p Plan) Index(name string) int {
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.Name == name })
}

// PlanError says which step of a plan is out of order, and what it breaks.
type PlanError struct {
	Step    string
	Rule    string
	Problem string
}

func (e *PlanError) Error() string {
	return fmt.Sprintf("step %s %s (%s)", e.Step, e.Problem, e.Rule)
}

// Validate refuses a plan whose order breaks an invariant, whoever composed it:
// a need that does not stand before its step, a destructive step that does not
// itself need the exported history (I1) and the approval (I10), so that both are
// proved afresh before each of its effects, a step of a wave before the approval,
// and a disposal that does not need the proof that the entity has gone (I2, I3).
// The error is a *PlanError.
func (p Plan) Validate() error {
	before := map[string]bool{}
	for _, s := range p.Steps {
		if before[s.Name] {
			return &PlanError{s.Name, "order", "stands twice"}
		}
		if s.Check == nil {
			return &PlanError{s.Name, "order", "has no Check"}
		}
		for _, need := range s.Needs {
			if !before[need] {
				return &PlanError{s.Name, "order", fmt.Sprintf("needs %s, which does not stand before it", need)}
			}
		}
		if s.Scope == PerWave && p.Index(StepApprove) >= 0 && !before[StepApprove] {
			return &PlanError{s.Name, "order", "is a step of a wave, and waves begin after " + StepApprove}
		}
		before[s.Name] = true
		if s.Destructive && !slices.Contains(s.Needs, StepExportHistory) {
			return &PlanError{s.Name, "R1, I1", "destroys, and does not need " + StepExportHistory}
		}
		if s.Destructive && !slices.Contains(s.Needs, StepApprove) {
			return &PlanError{s.Name, "I10", "destroys, and does not need " + StepApprove}
		}
		if s.removes() && !slices.Contains(s.Needs, StepFileHistory) {
			return &PlanError{s.Name, "R3, I1", "leads to removal, and does not need " + StepFileHistory}
		}
		if disposes := s.Name == StepDisposeContacts || s.Name == StepDisposeDocuments; disposes && !slices.Contains(s.Needs, StepConfirmRemoved) {
			return &PlanError{s.Name, "I2, I3", "disposes, and does not need " + StepConfirmRemoved}
		}
	}
	return nil
}

// removes reports whether the step is one of those that lead to the removal of an
// entity.
func (s StepInfo) removes() bool {
	return slices.Contains([]string{StepArchiveClient, StepClearCustomField, StepCloseClient, StepClearExtraField, StepDeleteClient, StepFullClientSync}, s.Name)
}

func (p Plan) infos() []StepInfo {
	infos := make([]StepInfo, len(p.Steps))
	for i, s := range p.Steps {
		infos[i] = s.StepInfo
	}
	return infos
}
