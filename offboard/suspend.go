package offboard

import (
	"context"
	"fmt"

	"github.com/practicekit/offboarding/nimbus"
)

// suspendSignatures suspends the e-mail jobs with Documents for Signature before
// the client is touched, so that no reminder reaches a client that has left. A
// suspended job can be resumed. What it holds for signature keeps the entity on
// the Client Grid all the same (R12, assumed); that is for confirm-removed to
// judge.
func (p practice) suspendSignatures() Step {
	return Step{
		StepInfo: StepInfo{Name: StepSuspendSignatures, Does: "suspend the e-mail jobs with Documents for Signature", Rule: "R12",
			Needs: []string{StepApprove}, Scope: PerClient},
		Check: p.checkSuspended,
		Apply: func(ctx context.Context, _ View, target string) (Applied, error) {
			_, err := p.Nimbus.EmailJobs.Suspend(ctx, nimbus.EmailJobID(target))
			return Applied{}, err
		},
	}
}

// reminds reports whether a job may send reminders for Documents for Signature.
// One of another status than Active has come to its end, or is suspended; one
// whose status is not told may be active.
func reminds(j nimbus.EmailJob) bool {
	holds := j.DocumentsForSignature > 0 || j.OutstandingSignatures > 0
	return holds && (j.JobStatus == nimbus.JobStatusActive || j.JobStatus == "")
}

func (p practice) checkSuspended(ctx context.Context, v View) (Verdict, error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityEmailJobsRead)
	if err != nil {
		return Verdict{}, err
	}
	id := v.Facts.Snapshot.Nimbus
	if !readable || id == "" {
		return v.suspendedByHand()
	}
	jobs, err := p.Nimbus.EmailJobs.ListByClient(ctx, id)
	if left, err := absent(err); left {
		return done("the entity has left the Client Grid, and its e-mail jobs with it (R10)"), nil
	} else if err != nil {
		return Verdict{}, err
	}
	suspended := 0
	for _, job := range jobs {
		if reminds(job) {
			return p.todoSuspend(ctx, v, job.ID)
		}
		if job.JobStatus == nimbus.JobStatusSuspended && job.DocumentsForSignature > 0 {
			suspended++
		}
	}
	verdict := done("%s with Documents for Signature, suspended", plural(suspended, "e-mail job"))
	verdict.Details = map[string]string{"suspended": fmt.Sprint(suspended)}
	return verdict, nil
}

// todoSuspend is the verdict on a job that is not suspended.
func (p practice) todoSuspend(ctx context.Context, v View, id nimbus.EmailJobID) (Verdict, error) {
	switch {
	case v.unproved(string(id)):
		return waiting("R12", "e-mail job %s was suspended just now, and Nimbus does not show it so far", id)
	case v.did(string(id)):
		return blocked("I11, R12", "e-mail job %s was suspended and reminds again: somebody resumed it; suspend it again, or choose another policy", id)
	}
	able, err := p.offers(ctx, v, nimbus.CapabilityEmailJobsSuspend)
	if err != nil {
		return Verdict{}, err
	}
	if able {
		return Verdict{State: Todo, Target: string(id), Reason: "suspend e-mail job " + string(id)}, nil
	}
	_, ask, ok := v.byHand(inNimbus(nimbus.CapabilityEmailJobsSuspend, "Suspend the e-mail job with the id "+string(id)+" of "+v.Entity.Code, Task{
		ID: string(id), Rule: "R12, P9", Why: whySuspend,
	}))
	if !ok {
		return ask, nil
	}
	return waiting("R12", "a person suspended e-mail job %s; Nimbus does not show it so far", id)
}

const whySuspend = "it would go on reminding a client that has left; a suspended job can be resumed"

func (v View) suspendedByHand() (Verdict, error) {
	answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilityEmailJobsSuspend, "Suspend every Email Job of "+v.Entity.Code+" that has Documents for Signature", Task{
		ID: "all", Rule: "R12, P9", Why: whySuspend,
	}))
	if !ok {
		return ask, nil
	}
	return attested(answer, "a person suspended the e-mail jobs"), nil
}
