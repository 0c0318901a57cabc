package offboard

import (
	"context"
	"slices"

	"github.com/practicekit/offboarding/nimbus"
)

// confirmRemoved proves that the entity has left the Client Grid (R9). The proof
// is the absent entity, whatever a sync says of itself. One that Documents for
// Signature hold stops the plan, or is deleted by hand where the policy says so
// (R12, I13).
func (p practice) confirmRemoved(policy Policy, after, removal string) Step {
	info := StepInfo{Name: StepConfirmRemoved, Does: "check that the entity has left the Client Grid", Rule: "R9, R12",
		Needs: slices.Compact([]string{removal, after}), Scope: PerClient}
	if policy.Signatures == SignaturesDelete {
		info.Rule, info.Destructive = "R9, R12, I13", true
		info.Needs = append(disposalNeeds(removal), after)
	}
	return Step{
		StepInfo: info,
		Check:    p.checkRemoved,
		Apply: func(ctx context.Context, v View, _ string) (Applied, error) {
			return Applied{}, p.Nimbus.Clients.Delete(ctx, v.Facts.Snapshot.Nimbus)
		},
	}
}

// disposalNeeds is what every destructive step after the sync rests on: the
// approval, the verified history, and that what removes the client upstream
// still holds (I1, I2, I10).
func disposalNeeds(removal string) []string {
	return []string{StepExportHistory, StepApprove, removal}
}

func (p practice) checkRemoved(ctx context.Context, v View) (Verdict, error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead)
	if err != nil {
		return Verdict{}, err
	}
	id := v.Facts.Snapshot.Nimbus
	if !readable || id == "" {
		return p.removedAttested(v)
	}
	_, err = p.Nimbus.Clients.Get(ctx, id)
	missing, err := absent(err)
	if err != nil {
		return Verdict{}, err
	}
	if missing {
		back, err := p.Nimbus.Clients.FindByCode(ctx, v.Entity.Code)
		if err != nil {
			return Verdict{}, err
		}
		if len(back) > 0 {
			return blocked("I11, P5", "the entity has gone, but another one has its code by now")
		}
		return gone(Read, "no longer on the Client Grid"), nil
	}
	jobs, known, err := p.signatureJobs(ctx, v)
	if left, err := absent(err); err != nil {
		return Verdict{}, err
	} else if left {
		return waiting("R9", "the entity is just leaving the Client Grid")
	}
	if !known {
		var ask Verdict
		if jobs, ask = v.signaturesByHand(); ask.State != "" {
			return ask, nil
		}
	}
	state, err := p.upstream(ctx, v)
	switch {
	case err != nil:
		return Verdict{}, err
	case !state.gone:
		return blocked("I11", "the entity is on the Client Grid, since the client is active in the source system again")
	case jobs == 0 && v.mine().waits >= maxGridWaits:
		// A further run finds the client in a wave of its own, with a sync of its own.
		return Verdict{State: Failed, Rule: "R9", Reason: "still on the Client Grid long after the sync, and no Documents for Signature hold it: a further run syncs again"}, nil
	case jobs == 0:
		return waiting("R9", "still on the Client Grid after the sync, and no Documents for Signature hold it")
	case v.Spec.Policy.Signatures == SignaturesSuspend:
		return blocked("R12", "held on the Client Grid by %s with Documents for Signature, suspended: delete them, or resume and finish them, and sync again; or choose the policy that deletes the entity by hand", plural(jobs, "e-mail job"))
	case v.Spec.Policy.Signatures != SignaturesDelete:
		return blocked("R12", "held on the Client Grid by %s with Documents for Signature: finish or delete them and sync again, or choose the policy that deletes the entity by hand", plural(jobs, "e-mail job"))
	}
	if able, err := p.offers(ctx, v, nimbus.CapabilityClientsDelete); err != nil {
		return Verdict{}, err
	} else if !able {
		_, ask, ok := v.byHand(deleteTask(v))
		if !ok {
			return ask, nil
		}
		return waiting("R9", "a person deleted the entity; it is still on the Client Grid")
	}
	return Verdict{State: Todo, Rule: "R12, I13", Target: string(id), Reason: "delete the entity that Documents for Signature hold"}, nil
}

// maxGridWaits is how often one session looks again at an entity that a sync should
// have removed: for about three minutes.
const maxGridWaits = 9

// signaturesByHand asks a person for the e-mail jobs that hold the entity.
func (v View) signaturesByHand() (jobs int, ask Verdict) {
	what := "Hand back how many Email Jobs with Documents for Signature " + v.Entity.Code + " has"
	answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilityEmailJobsRead, what, Task{
		ID: "signatures", Rule: "R12, I13, P9",
		Why:      "the entity is still on the Client Grid after the sync, and such jobs would be the reason",
		HandBack: HandBack{Count: true},
	}))
	if !ok {
		return 0, ask
	}
	return answer.Count, Verdict{}
}

func deleteTask(v View) Task {
	return inNimbus(nimbus.CapabilityClientsDelete, "Delete the Client Entity "+v.Entity.Code, Task{
		ID: "delete", Rule: "R12, I13, P9",
		Why: "Documents for Signature hold it on the Client Grid, and the policy is to delete it",
	})
}

// removedAttested asks a person what the Client Grid shows.
func (p practice) removedAttested(v View) (Verdict, error) {
	const goneChoice, thereChoice = "gone", "still there"
	answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilityClientsRead, "Look for the Client Code "+v.Entity.Code+", and say whether the entity is gone", Task{
		ID: "seen", Rule: "R9, R12, P9",
		Why:      "documents and contacts are dealt with only once the entity has gone",
		HandBack: HandBack{Choices: []string{goneChoice, thereChoice}},
	}))
	switch {
	case !ok:
		return ask, nil
	case answer.Choice == goneChoice:
		verdict := gone(Attested, "a person saw that the entity has gone")
		verdict.Details = map[string]string{"attestedBy": answer.By}
		return verdict, nil
	case v.Spec.Policy.Signatures != SignaturesDelete:
		return blocked("R12", "a person saw the entity on the Client Grid: by the procedure, Documents for Signature hold it")
	}
	answer, ask, ok = v.byHand(deleteTask(v))
	if !ok {
		return ask, nil
	}
	verdict := gone(Attested, "a person deleted the entity")
	verdict.Details = map[string]string{"attestedBy": answer.By}
	return verdict, nil
}

func gone(proof Proof, how string) Verdict {
	return Verdict{State: Done, Proof: proof, Reason: how, Facts: Facts{Removed: &Removed{Proof: proof}}}
}
