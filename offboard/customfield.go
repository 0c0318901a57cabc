package offboard

import (
	"context"
	"fmt"
	"strings"

	"github.com/practicekit/offboarding/xpm"
)

// clearCustomField clears the custom field by which Nimbus filters the clients of
// XPM, and leaves the client active there. That the client leaves Nimbus with the
// next Full Client Sync is assumed from the filter's description (R4a).
func (p practice) clearCustomField() Step {
	return Step{
		StepInfo: StepInfo{Name: StepClearCustomField, Does: "clear the custom field in Xero Practice Manager", Rule: "R4a, I1",
			Needs: removalNeeds(), Destructive: true, Scope: PerClient},
		Check: p.checkCustomField,
		Apply: p.applyClearing,
	}
}

// reachesFields reports whether a program can see and clear custom fields.
func (p practice) reachesFields() bool { return p.XPM.Clients != nil && p.XPM.CustomFields != nil }

func (p practice) checkCustomField(ctx context.Context, v View) (Verdict, error) {
	if !p.reachesFields() {
		return p.removedByHand(v, Task{Rule: "R4a, P9", Where: "Xero Practice Manager > Clients > " + v.Entity.Code + " > Custom Fields",
			Do: []string{fmt.Sprintf("Untick or empty the custom field %q, and leave the client active", v.Spec.field())}})
	}
	field, verdict, err := p.filterField(ctx, v)
	if err != nil || verdict.State != "" {
		return verdict, err
	}
	id := v.Facts.Snapshot.XPM
	if !v.Facts.leftUpstream() && !v.did(string(id)) {
		if verdict, err := p.activeInXPM(ctx, v); err != nil || verdict.State != "" {
			return verdict, err
		}
	}
	state, err := p.fieldCleared(ctx, field.UUID, id)
	switch {
	case err != nil:
		return Verdict{}, err
	case state.gone:
		verdict := upstreamDone(Read, state.how)
		verdict.Facts.Upstream.Field = field.UUID
		return verdict, nil
	case v.unproved(string(id)):
		return waiting("R4a", "the custom field was cleared just now, and XPM does not show it so far")
	case v.Facts.leftUpstream() || v.did(string(id)):
		return blocked("I11", "the custom field %q was cleared and is set again: somebody undid it, so nothing more is done to the client", v.Spec.field())
	}
	return Verdict{State: Todo, Target: string(id), Reason: fmt.Sprintf("clear the custom field %q", v.Spec.field())}, nil
}

// filterField finds the definition of the custom field by its name, in one list
// for the whole session. A verdict says why it cannot be cleared.
func (p practice) filterField(ctx context.Context, v View) (xpm.CustomField, Verdict, error) {
	fields, err := p.fields.get(ctx, v.progress, 0, func() ([]xpm.CustomField, error) {
		var all []xpm.CustomField
		for f, err := range p.XPM.CustomFields.List(ctx, xpm.CustomFieldOptions{}) {
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		}
		return all, nil
	})
	if err != nil {
		return xpm.CustomField{}, Verdict{}, err
	}
	var found []xpm.CustomField
	for _, f := range fields {
		if f.UseClient.Bool() && strings.EqualFold(strings.TrimSpace(f.Name), strings.TrimSpace(v.Spec.field())) {
			found = append(found, f)
		}
	}
	var verdict Verdict
	switch {
	case len(found) == 0:
		verdict, _ = blocked("R4a", "XPM has no custom field %q for clients: check the field's name", v.Spec.field())
	case len(found) > 1:
		verdict, _ = blocked("R4a, P5", "XPM has %d custom fields %q for clients: rename one", len(found), v.Spec.field())
	case found[0].ValueElement == "":
		verdict, _ = blocked("R4a", "XPM does not say what values the custom field %q has, so no program can clear it", v.Spec.field())
	default:
		return found[0], Verdict{}, nil
	}
	return xpm.CustomField{}, verdict, nil
}

// hasFilterField stops, before anything is done, where there is no such field.
func (p practice) hasFilterField(ctx context.Context, v View) (Verdict, error) {
	if v.Spec.Source != SourceXPMField || !p.reachesFields() {
		return Verdict{}, nil
	}
	_, verdict, err := p.filterField(ctx, v)
	return verdict, err
}

// activeInXPM stops for a client that is archived or deleted in XPM: it would
// leave by that, and the field is not what has to be cleared.
func (p practice) activeInXPM(ctx context.Context, v View) (Verdict, error) {
	state, err := p.inXPM(ctx, v, v.Facts.Snapshot.XPM, v.sinceChange(StepClearCustomField))
	switch {
	case err != nil:
		return Verdict{}, err
	case state.gone:
		return blocked("R4a, P11", "the client is %s: it leaves by that, so off-board it with the source xpm", state.how)
	case v.renamed(state.code):
		return v.blockedRenamed()
	}
	return Verdict{}, nil
}

// fieldCleared reads whether the field is empty, which is what removes the client
// from Nimbus. XPM leaves out a box that is not ticked and a field without value.
func (p practice) fieldCleared(ctx context.Context, field xpm.CustomFieldUUID, client xpm.ClientUUID) (upstreamState, error) {
	values, err := p.XPM.CustomFields.GetClientValues(ctx, client)
	if unknownInXPM(err) {
		return upstreamState{gone: true, how: "no longer in XPM: deleted or merged (P11)"}, nil
	} else if err != nil {
		return upstreamState{}, err
	}
	for _, value := range values {
		if value.UUID == field && isSet(value) {
			return upstreamState{}, nil
		}
	}
	return upstreamState{gone: true, how: "the custom field is empty in XPM"}, nil
}

// upstreamField is upstream for a client whose custom field was cleared.
func (p practice) upstreamField(ctx context.Context, v View) (upstreamState, error) {
	switch up := v.Facts.Upstream; {
	case !p.reachesFields():
		return upstreamState{gone: true, how: "attested by a person"}, nil
	case up == nil || up.Field == "":
		return upstreamState{}, nil // not cleared so far
	default:
		return p.fieldCleared(ctx, up.Field, v.Facts.Snapshot.XPM)
	}
}

// isSet reports whether a value lets a client pass the filter: a yes, or anything
// that is not empty (assumed). A value in a form that is not known counts as one.
func isSet(v xpm.CustomFieldValue) bool {
	switch v.Element {
	case "":
		return true
	case xpm.ValueElementBoolean:
		return v.Bool()
	}
	return strings.TrimSpace(v.Value) != ""
}

func (p practice) applyClearing(ctx context.Context, v View, _ string) (Applied, error) {
	field, verdict, err := p.filterField(ctx, v)
	switch {
	case err != nil:
		return Applied{}, fmt.Errorf("%w: %w", errRefused, err)
	case verdict.State != "":
		return Applied{}, fmt.Errorf("%w: %s", errRefused, verdict.Reason)
	}
	empty := xpm.NoValue(field.UUID, field.ValueElement)
	if field.ValueElement == xpm.ValueElementBoolean {
		empty = xpm.BooleanValue(field.UUID, false) // a yes or no cannot be emptied
	}
	return Applied{}, p.XPM.CustomFields.UpdateClientValues(ctx, v.Facts.Snapshot.XPM, empty)
}
