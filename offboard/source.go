package offboard

import (
	"context"
	"errors"
	"fmt"

	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
)

// removalNeeds is what every step that takes a client out of its source system
// rests on. It is resolved again first: a contact that was invited or a document
// that came since it was approved makes it another client than that (P3, I10).
func removalNeeds() []string {
	return []string{StepResolve, StepExportHistory, StepFileHistory, StepApprove}
}

// archiveClient archives the client in XPM (R4).
func (p practice) archiveClient() Step {
	return Step{
		StepInfo: StepInfo{Name: StepArchiveClient, Does: "archive the client in Xero Practice Manager", Rule: "R4, I1",
			Needs: removalNeeds(), Destructive: true, Scope: PerClient},
		Check: p.checkArchived,
		Apply: func(ctx context.Context, v View, _ string) (Applied, error) {
			_, err := p.XPM.Clients.Archive(ctx, v.Facts.Snapshot.XPM)
			return Applied{}, err
		},
	}
}

func (p practice) checkArchived(ctx context.Context, v View) (Verdict, error) {
	if p.XPM.Clients == nil {
		return p.removedByHand(v, Task{Rule: "R4, P9", Where: "Xero Practice Manager > Clients > " + v.Entity.Code + " > Options > Archive",
			Do: []string{"Archive the client"}})
	}
	id := v.Facts.Snapshot.XPM
	if v.justDone(string(id)) {
		return upstreamDone(Read, "archived; the answer shows it"), nil
	}
	state, err := p.upstream(ctx, v)
	switch {
	case err != nil:
		return Verdict{}, err
	case state.gone:
		return upstreamDone(Read, state.how), nil
	case v.Facts.leftUpstream() || v.did(string(id)):
		return blocked("I11", "the client was archived and is active in XPM again: somebody undid it, so nothing more is done to it")
	case v.renamed(state.code):
		return v.blockedRenamed()
	}
	return Verdict{State: Todo, Target: string(id), Reason: "archive the client"}, nil
}

// renamed reports whether what was found by the client's code has another one by
// now. Code and id together say who is meant (P5).
func (v View) renamed(code string) bool { return codeKey(code) != codeKey(v.Entity.Code) }

// blockedRenamed does not tell the other code, which can be a name (I8).
func (v View) blockedRenamed() (Verdict, error) {
	return blocked("P5", "what was found by the code %s has another one by now: find out which client is meant, and name that one", v.Entity.Code)
}

// upstreamState says whether what removes a client from Nimbus holds, by a
// fresh read.
type upstreamState struct {
	gone   bool
	how    string
	code   string
	client myobae.ClientEntity
}

// upstream reads whether what removes the client upstream still holds (I2, I11).
// Where only a person can see it, what the person attested holds.
func (p practice) upstream(ctx context.Context, v View) (upstreamState, error) {
	spec, snap := v.Spec, v.Facts.Snapshot
	switch {
	case snap.XPM != "" && p.XPM.Clients != nil:
		if spec.Source == SourceXPMField {
			return p.upstreamField(ctx, v)
		}
		return p.inXPM(ctx, v, snap.XPM, v.sinceChange(StepArchiveClient))
	case snap.MYOBAE != "" && p.MYOBAE.Clients != nil:
		c, err := p.MYOBAE.Clients.Get(ctx, snap.MYOBAE)
		if err != nil {
			return upstreamState{}, err
		}
		if spec.Source == SourceMYOBAEField {
			field, _ := c.ExtraField(spec.field())
			return upstreamState{gone: !field.IsSet(), how: "Extra Field cleared in MYOB AE", code: c.Code, client: c}, nil
		}
		return upstreamState{gone: c.Status == myobae.StatusClosed, how: "closed in MYOB AE", code: c.Code, client: c}, nil
	}
	return upstreamState{gone: true, how: "attested by a person"}, nil
}

// ofClient is the view of one client of a wave.
func (v View) ofClient(e Entity) View {
	v.Entity, v.Facts, v.unit, v.clients = e, v.Client(e.Code), unit{client: e.Code}, []string{e.Code}
	return v
}

func upstreamDone(proof Proof, how string) Verdict {
	return Verdict{State: Done, Proof: proof, Reason: how, Facts: Facts{Upstream: &Upstream{Proof: proof}}}
}

func (p practice) removedByHand(v View, t Task) (Verdict, error) {
	t.Why = "no program can reach that system, and Nimbus removes the client only after this"
	answer, ask, ok := v.byHand(t)
	if !ok {
		return ask, nil
	}
	verdict := upstreamDone(Attested, "done by a person")
	verdict.Details = map[string]string{"attestedBy": answer.By}
	return verdict, nil
}

// closeClient closes the client in MYOB AE through the gateway (R5).
func (p practice) closeClient() Step {
	return Step{
		StepInfo: StepInfo{Name: StepCloseClient, Does: "close the client in MYOB AE", Rule: "R5, I1",
			Needs: removalNeeds(), Destructive: true, Scope: PerClient},
		Check: func(ctx context.Context, v View) (Verdict, error) {
			return p.checkMYOBAE(ctx, v, Task{Rule: "R5, P9", Where: "MYOB AE > Client " + v.Entity.Code + " > Close client", Do: []string{"Close the client"}})
		},
		Apply: func(ctx context.Context, v View, _ string) (Applied, error) {
			c, err := p.MYOBAE.Clients.Get(ctx, v.Facts.Snapshot.MYOBAE)
			if err != nil {
				return Applied{}, fmt.Errorf("%w: %w", errRefused, err)
			}
			result, err := p.MYOBAE.Clients.Close(ctx, c.UID, myobae.CloseParams{
				RowVersion: c.RowVersion, ExpectedCode: c.Code, Reason: "off-boarded"})
			return myobaeApplied(result.Operation), err
		},
	}
}

// clearExtraField clears the field that filters the sync to Nimbus (R5).
func (p practice) clearExtraField() Step {
	return Step{
		StepInfo: StepInfo{Name: StepClearExtraField, Does: "clear the Extra Field in MYOB AE", Rule: "R5, I1",
			Needs: removalNeeds(), Destructive: true, Scope: PerClient},
		Check: func(ctx context.Context, v View) (Verdict, error) {
			return p.checkMYOBAE(ctx, v, Task{Rule: "R5, P9", Where: "MYOB AE > Client " + v.Entity.Code + " > Extra tab",
				Do: []string{fmt.Sprintf("Remove the value of the Extra Field %q", v.Spec.field())}})
		},
		Apply: func(ctx context.Context, v View, _ string) (Applied, error) {
			c, err := p.MYOBAE.Clients.Get(ctx, v.Facts.Snapshot.MYOBAE)
			if err != nil {
				return Applied{}, fmt.Errorf("%w: %w", errRefused, err)
			}
			params := myobae.ClearParams{RowVersion: c.RowVersion, ExpectedCode: c.Code}
			result, err := p.MYOBAE.ExtraFields.Clear(ctx, c.UID, v.Spec.field(), params)
			if refused := (*myobae.Error)(nil); errors.As(err, &refused) && refused.Name == myobae.NameFieldIsMandatory {
				params.Mandatory = true // it cannot be emptied, so it is set to No
				result, err = p.MYOBAE.ExtraFields.Clear(ctx, c.UID, v.Spec.field(), params)
			}
			return myobaeApplied(result.Operation), err
		},
	}
}

func myobaeApplied(o *myobae.Operation) Applied {
	if o == nil {
		return Applied{}
	}
	return Applied{Facts: Facts{Upstream: &Upstream{Operation: o.UID}}}
}

// checkMYOBAE serves both variants: what is to be done is done by the gateway,
// at once or as an operation that may wait for its operator.
func (p practice) checkMYOBAE(ctx context.Context, v View, task Task) (Verdict, error) {
	if p.MYOBAE.Clients == nil || v.Spec.Source == SourceMYOBAEField && p.MYOBAE.ExtraFields == nil {
		return p.removedByHand(v, task)
	}
	up, uid := v.Facts.Upstream, string(v.Facts.Snapshot.MYOBAE)
	atOnce := up == nil || up.Operation == "" // what was done, if anything, was no operation
	if atOnce && v.justDone(uid) {
		return upstreamDone(Read, "done in MYOB AE; the answer shows it"), nil
	}
	state, err := p.upstream(ctx, v)
	if err != nil {
		return Verdict{}, err
	}
	if v.Spec.Source == SourceMYOBAEField && v.Facts.Upstream == nil {
		if _, exists := state.client.ExtraField(v.Spec.field()); !exists {
			return blocked("R5", "the client has no Extra Field %q: check the field's name", v.Spec.field())
		}
	}
	switch {
	case state.gone:
		return upstreamDone(Read, state.how), nil
	case v.Facts.leftUpstream() || atOnce && v.did(uid):
		return v.undoneInMYOBAE()
	case up != nil && up.Operation != "":
		if verdict, err := p.checkOperation(ctx, v, up.Operation); err != nil || verdict.State != "" {
			return verdict, err
		}
	}
	if v.renamed(state.code) {
		return v.blockedRenamed()
	}
	return Verdict{State: Todo, Target: uid, Reason: task.Do[0]}, nil
}

func (v View) undoneInMYOBAE() (Verdict, error) {
	return blocked("I11", "the client had been taken out of MYOB AE and is back: somebody undid it, so nothing more is done to it")
}

// checkOperation waits for a gateway operation. One that failed is told in the
// session that began it, and tried anew in the next.
func (p practice) checkOperation(ctx context.Context, v View, id myobae.OperationUID) (Verdict, error) {
	operation, err := p.MYOBAE.Operations.Get(ctx, id)
	switch {
	case err != nil:
		return Verdict{}, err
	case operation.State == myobae.OperationAwaitingOperator:
		return waiting("R5", "the gateway waits for its operator to act in MYOB AE")
	case operation.State == myobae.OperationSucceeded && !v.unproved(string(v.Facts.Snapshot.MYOBAE)):
		return v.undoneInMYOBAE()
	case operation.State != myobae.OperationFailed:
		return waiting("R5", "the gateway's operation is %s", operation.State)
	case v.triedInSession():
		return Verdict{State: Failed, Reason: "the gateway's operation failed; a further run tries again"}, nil
	}
	return Verdict{}, nil
}

// triedInSession reports whether this session applied the step's effect.
func (v View) triedInSession() bool {
	all := v.effects()
	return len(all) > 0 && all[len(all)-1].seq > v.session()
}

// deleteClient deletes an entity that no source system integrates on the Client
// Grid (R6).
func (p practice) deleteClient() Step {
	return Step{
		StepInfo: StepInfo{Name: StepDeleteClient, Does: "delete the client on the Client Grid", Rule: "R6, I1",
			Needs: removalNeeds(), Destructive: true, Scope: PerClient},
		Check: p.checkDeleted,
		Apply: func(ctx context.Context, v View, _ string) (Applied, error) {
			return Applied{}, p.Nimbus.Clients.Delete(ctx, v.Facts.Snapshot.Nimbus)
		},
	}
}

func (p practice) checkDeleted(ctx context.Context, v View) (Verdict, error) {
	able, err := p.offers(ctx, v, nimbus.CapabilityClientsRead, nimbus.CapabilityClientsDelete)
	if err != nil {
		return Verdict{}, err
	}
	id := v.Facts.Snapshot.Nimbus
	if !able || id == "" {
		return p.removedByHand(v, inNimbus(nimbus.CapabilityClientsDelete, "Delete the Client Entity "+v.Entity.Code, Task{Rule: "R6, P9"}))
	}
	entity, err := p.Nimbus.Clients.Get(ctx, id)
	if missing, err := absent(err); missing {
		return upstreamDone(Read, "no longer on the Client Grid"), nil
	} else if err != nil {
		return Verdict{}, err
	}
	switch {
	case v.Facts.leftUpstream() || v.did(string(id)):
		return blocked("I11", "the entity was deleted and is on the Client Grid again")
	case entity.Integrated:
		return blocked("R6", "the client is integrated with a source system by now and would come back")
	case v.renamed(entity.Code):
		return v.blockedRenamed()
	}
	return Verdict{State: Todo, Target: string(id), Reason: "delete the entity"}, nil
}
