package offboard

import "context"

// leftBefore is the proof that somebody else has taken the client out of its
// source system, where the entity has gone before its turn came: clients that wait
// for a wave go with whatever sync comes (R8, R8a). Nil without such a proof. It
// counts only beside a verified history, which is then all that there is (I1).
func (p practice) leftBefore(ctx context.Context, v View) (*Upstream, error) {
	if v.Facts.Snapshot == nil || v.Facts.History == nil {
		return nil, nil
	}
	snap, up := v.Facts.Snapshot, &Upstream{Proof: Read}
	state, err := upstreamState{}, error(nil)
	switch {
	case v.Spec.Source == SourceXPMField && p.reachesFields() && snap.XPM != "":
		field, verdict, problem := p.filterField(ctx, v)
		if problem != nil || verdict.State != "" {
			return nil, problem
		}
		up.Field = field.UUID
		state, err = p.fieldCleared(ctx, field.UUID, snap.XPM)
	case v.Spec.Source == SourceXPM && p.XPM.Clients != nil && snap.XPM != "":
		state, err = p.getXPM(ctx, snap.XPM)
	case p.MYOBAE.Clients != nil && snap.MYOBAE != "":
		state, err = p.upstream(ctx, v)
		if _, exists := state.client.ExtraField(v.Spec.field()); v.Spec.Source == SourceMYOBAEField && !exists {
			return nil, err // nothing was cleared
		}
	}
	if err != nil || !state.gone {
		return nil, err
	}
	return up, nil
}
