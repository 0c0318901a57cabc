package offboard

import (
	"context"
	"fmt"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// bystanders blocks the sync where an entity on the Client Grid would be removed
// by it that is none of this run's, or is not prepared for it so far (I12). Planned
// counts all of the run's as prepared, for a preview.
func (p practice) bystanders(ctx context.Context, v View, planned bool) (Verdict, error) {
	readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead)
	if err != nil {
		return Verdict{}, err
	}
	if !readable || p.XPM.Clients == nil {
		mayGo, err := p.mayGo(ctx, v, planned)
		if err != nil {
			return Verdict{}, err
		}
		_, ask, ok := v.byHand(Task{
			ID: v.comparisonID("bystanders"), Rule: "I12, P9", Where: "Xero Practice Manager > Clients > Archived, and Nimbus > Clients > Client Grid",
			Do:  []string{"Compare the two lists", "Answer yes if the Client Grid shows no archived or deleted client but " + mayGo},
			Why: "a Full Client Sync removes every archived client of the practice, and destroys the history of each (R8a)",
		})
		if !ok {
			return ask, nil
		}
		return p.fieldBystanders(ctx, v, planned)
	}
	now, _ := v.progress.now()
	list, err := p.xpmClients(ctx, v, now)
	if err != nil {
		return Verdict{}, err
	}
	ours := make(map[nimbus.ClientID]Entity, len(v.Spec.Entities))
	for _, e := range v.Spec.Entities {
		if snap := v.Client(e.Code).Snapshot; snap != nil {
			ours[snap.Nimbus] = e
		}
	}
	var others, grown []string
	for entity, err := range p.Nimbus.Clients.All(ctx, nimbus.PageOptions{}) {
		if err != nil {
			return Verdict{}, err
		}
		our, known := ours[entity.ID]
		switch {
		case !entity.Integrated || !wouldLeave(list.withCode(entity.Code)) || known && planned:
		case !known || !v.ofClient(our).prepared():
			others = append(others, entity.Code)
		default:
			current, err := p.exportIsCurrent(ctx, v.ofClient(our))
			if err != nil {
				return Verdict{}, err
			}
			if !current {
				grown = append(grown, our.Code)
			}
		}
	}
	if len(others) > 0 {
		return blocked("I12, R8a", "the sync would also remove %s, archived or deleted in XPM and not exported, filed and approved by this run: off-board them in this run, or un-archive them", strings.Join(others, ", "))
	}
	if len(grown) > 0 {
		return blocked("I12, I1", "the sync would also remove %s, archived or deleted in XPM, whose history has grown since this run exported it: see what stops them, or un-archive them", strings.Join(grown, ", "))
	}
	return p.fieldBystanders(ctx, v, planned)
}

// comparisonID names the comparison of two lists for one sync: an answer is good for
// that, and another sync needs another one.
func (v View) comparisonID(what string) string {
	since := v.since()
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	syncs := 0
	for key := range v.progress.targets {
		if key.step == v.step.Name {
			syncs++
		}
	}
	return fmt.Sprintf("%s-%d-%d", what, since, syncs)
}

// prepared reports whether all that a removal rests on was done for the client: its
// history exported and verified, that copy of it filed (I1), and all approved (I10).
func (v View) prepared() bool {
	f := v.Facts
	return f.History != nil && f.Filed != nil && f.Filed.SHA256() == f.History.SHA256 &&
		f.Approved != nil && f.Approved.Scope == scopeOfClient(v.wanted, v.Entity, f.Snapshot) &&
		verifyEvidence(v.evidence, *f.History) == nil
}

// exportIsCurrent reports whether the verified history has all the rows that there
// are by now. For the clients of the wave that was proved just before; one of
// another wave, or one that was stopped, may have had rows added since (I1, R8a).
func (p practice) exportIsCurrent(ctx context.Context, v View) (bool, error) {
	v.step = StepInfo{Name: StepExportHistory}
	if v.provedJustNow() {
		return true, nil
	}
	verdict, err := p.checkExport(ctx, v)
	return verdict.State == Done, err
}

// provedJustNow reports whether the view's step was found done in this session,
// after the last effect on the client.
func (v View) provedJustNow() bool {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	sp := v.progress.see(v.unit, v.step.Name)
	return sp.state == Done && sp.checked > v.progress.session && sp.checked >= v.progress.lastEffect(v.unit)
}

// mayGo names, one and all, the clients that a sync may remove: those of the run
// that are prepared, with a history of all their rows. Any other of the run is a
// bystander so far.
func (p practice) mayGo(ctx context.Context, v View, planned bool) (string, error) {
	var codes []string
	for _, e := range v.Spec.Entities {
		client, current := v.ofClient(e), planned
		if !planned && client.prepared() {
			var err error
			if current, err = p.exportIsCurrent(ctx, client); err != nil {
				return "", err
			}
		}
		if current {
			codes = append(codes, e.Code)
		}
	}
	return strings.Join(codes, ", "), nil
}

// fieldBystanders asks a person for what no list of XPM tells: whether the Client
// Grid shows other clients whose field is empty, which the sync would remove as
// well (I12).
func (p practice) fieldBystanders(ctx context.Context, v View, planned bool) (Verdict, error) {
	if v.Spec.Source != SourceXPMField {
		return Verdict{}, nil
	}
	mayGo, err := p.mayGo(ctx, v, planned)
	if err != nil {
		return Verdict{}, err
	}
	_, ask, ok := v.byHand(Task{
		ID: v.comparisonID("filtered"), Rule: "I12, R4a, P9",
		Where: "Xero Practice Manager > Clients or Reports, and Nimbus > Clients > Client Grid",
		Do: []string{
			fmt.Sprintf("List the clients whose custom field %q is empty or not ticked", v.Spec.field()),
			"Answer yes if the Client Grid shows none of them but " + mayGo,
		},
		Why: "a Full Client Sync removes every client that does not pass the filter, and destroys the history of each (R8a); no list of XPM tells a program which these are",
	})
	if !ok {
		return ask, nil
	}
	return Verdict{}, nil
}
