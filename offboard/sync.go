package offboard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

const (
	// maxSyncs is how many syncs one removal may take before a person must look.
	maxSyncs = 3
	// settle is how long after a sync its effect may still appear on the grid.
	settle = 2 * time.Minute
)

// fullClientSync starts one Full Client Sync for all clients of a wave and waits
// for it (R7). It is practice-wide, so it is guarded against bystanders: clients
// that it would remove and that the run does not know (R8a, I12).
func (p practice) fullClientSync(after string) Step {
	return Step{
		StepInfo: StepInfo{Name: StepFullClientSync, Does: "run a Full Client Sync in Nimbus", Rule: "R7, R8a, I12",
			Needs: append(removalNeeds(), after), Destructive: true, Scope: PerWave},
		Check: p.checkFullSync,
		Apply: func(ctx context.Context, _ View, target string) (Applied, error) {
			_, err := p.Nimbus.Syncs.StartFull(ctx, nimbus.SyncID(target))
			return Applied{}, err
		},
		Foresee: p.foreseeSync,
	}
}

func (p practice) checkFullSync(ctx context.Context, v View) (Verdict, error) {
	able, err := p.offers(ctx, v, nimbus.CapabilitySyncStart, nimbus.CapabilitySyncRead)
	if err != nil {
		return Verdict{}, err
	}
	if !able {
		return p.syncByHand(ctx, v)
	}
	tried := v.effectsSince(v.since())
	next := fmt.Sprintf("offboard-%s-%d-%d", v.waveScope()[:16], v.since(), len(tried)+1)
	if len(tried) == 0 {
		if left, err := p.allLeft(ctx, v); err != nil {
			return Verdict{}, err
		} else if left {
			return done("every client of the wave has left the Client Grid"), nil
		}
		if held, err := p.held(ctx, v); err != nil {
			return Verdict{}, err
		} else if held {
			return done("an earlier sync has left the clients on the Client Grid, and what held them still does"), nil
		}
		return p.startSync(ctx, v, next)
	}
	last := tried[len(tried)-1]
	run, err := p.Nimbus.Syncs.Get(ctx, nimbus.SyncID(last.target))
	if errors.Is(err, nimbus.ErrNotFound) && last.state != Done {
		return p.startSync(ctx, v, last.target)
	} else if err != nil {
		return Verdict{}, err
	}
	again := "the Full Client Sync failed"
	switch run.State {
	case nimbus.SyncFailed:
	case nimbus.SyncCompleted:
		left, err := p.unexplained(ctx, v)
		switch {
		case err != nil:
			return Verdict{}, err
		case len(left) == 0:
			return done("the Full Client Sync is completed"), nil
		}
		again = "the Full Client Sync is completed, but still on the Client Grid are " + strings.Join(left, ", ")
		if v.Now.Before(run.FinishedAt.Add(settle)) {
			return waiting("R9", "%s", again)
		}
	default:
		return waiting("R7", "the Full Client Sync is %s", run.State)
	}
	if len(tried) >= maxSyncs {
		return blocked("R7, R9", "%s, after %d syncs: a person has to look at Admin > AutoMate", again, len(tried))
	}
	return p.startSync(ctx, v, next)
}

// startSync is the verdict that the sync with this id has to be started, unless
// another one runs or it would remove bystanders. The id is made of what the
// sync follows, and starting it again starts no second one.
func (p practice) startSync(ctx context.Context, v View, id string) (Verdict, error) {
	runs, err := p.Nimbus.Syncs.List(ctx)
	if err != nil {
		return Verdict{}, err
	}
	if slices.ContainsFunc(runs, func(r nimbus.SyncRun) bool { return r.Kind == nimbus.SyncFull && r.State == nimbus.SyncRunning }) {
		return waiting("R7", "another Full Client Sync is running")
	}
	if verdict, err := p.bystanders(ctx, v, false); err != nil || verdict.State != "" {
		return verdict, err
	}
	return Verdict{State: Todo, Target: id, Reason: "start a Full Client Sync"}, nil
}

func (p practice) foreseeSync(ctx context.Context, v View) (Verdict, error) {
	verdict, err := p.bystanders(ctx, v, true)
	if err != nil || verdict.State != "" {
		return verdict, err
	}
	return Verdict{State: Todo, Reason: "start one Full Client Sync; no other client would be removed by it"}, nil
}

// waveScope is the hash of what was approved for the clients of the wave.
func (v View) waveScope() string {
	var scopes []string
	for _, code := range v.clients {
		if a := v.Client(code).Approved; a != nil {
			scopes = append(scopes, a.Scope)
		}
	}
	return scopeOf(scopes)
}

// effectsSince lists the step's effects after a record.
func (v View) effectsSince(seq int) []effect {
	all := v.effects()
	i := slices.IndexFunc(all, func(e effect) bool { return e.seq > seq })
	if i < 0 {
		return nil
	}
	return all[i:]
}

// toLeave are the entities of the wave that were taken out of the source system
// and are not proved to have left, by the codes of their clients.
func (v View) toLeave() (codes []string, entities []nimbus.ClientID) {
	for _, code := range v.clients {
		facts := v.Client(code)
		if facts.Snapshot == nil || facts.Snapshot.Nimbus == "" || !facts.leftUpstream() || facts.Removed != nil {
			continue
		}
		codes, entities = append(codes, code), append(entities, facts.Snapshot.Nimbus)
	}
	return codes, entities
}

// allLeft reports whether every client of the wave has left the Client Grid; never
// where no program can read it.
func (p practice) allLeft(ctx context.Context, v View) (bool, error) {
	if readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead); err != nil || !readable {
		return false, err
	}
	_, entities := v.toLeave()
	for _, id := range entities {
		_, err := p.Nimbus.Clients.Get(ctx, id)
		if missing, err := absent(err); err != nil || !missing {
			return false, err
		}
	}
	return true, nil
}

// stillOnGrid names the clients of the wave that are on the Client Grid although
// they were taken out of the source system; none where no program can read it.
func (p practice) stillOnGrid(ctx context.Context, v View) (present []string, err error) {
	if readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead); err != nil || !readable {
		return nil, err
	}
	codes, entities := v.toLeave()
	there := make([]bool, len(entities))
	err = inParallel(ctx, v.parallel, len(entities), func(ctx context.Context, i int) error {
		_, err := p.Nimbus.Clients.Get(ctx, entities[i])
		missing, err := absent(err)
		there[i] = !missing
		return err
	})
	for i, code := range codes {
		if there[i] {
			present = append(present, code)
		}
	}
	return present, err
}

// unexplained names those of the clients still on the grid for which nothing
// explains it: neither Documents for Signature (R12), which a person may have to
// look up, nor that somebody brought them back upstream (I11). Both are for
// confirm-removed to judge.
func (p practice) unexplained(ctx context.Context, v View) ([]string, error) {
	present, err := p.stillOnGrid(ctx, v)
	if err != nil {
		return nil, err
	}
	var left []string
	for _, code := range present {
		explained, err := p.stays(ctx, v.ofClient(v.Spec.entity(code)))
		if err != nil {
			return nil, err
		}
		if !explained {
			left = append(left, code)
		}
	}
	return left, nil
}

// held reports whether a sync that was to remove them has left all clients of the
// wave that are on the Client Grid, and whatever held them still does: another sync
// would remove none of them.
func (p practice) held(ctx context.Context, v View) (bool, error) {
	v.progress.mu.RLock()
	synced := true
	for _, code := range v.clients {
		synced = synced && v.progress.of(unit{client: code}).synced > 0
	}
	v.progress.mu.RUnlock()
	if readable, err := p.offers(ctx, v, nimbus.CapabilityClientsRead); err != nil || !readable || !synced {
		return false, err
	}
	left, err := p.unexplained(ctx, v)
	return err == nil && len(left) == 0, err
}

// stays reports whether there is a reason for an entity to stay after a sync.
func (p practice) stays(ctx context.Context, v View) (bool, error) {
	jobs, known, err := p.signatureJobs(ctx, v)
	if left, err := absent(err); left || err != nil {
		return true, err // it left between two reads
	}
	if !known || jobs > 0 {
		return true, nil
	}
	state, err := p.upstream(ctx, v)
	return !state.gone, err
}

func (p practice) syncByHand(ctx context.Context, v View) (Verdict, error) {
	if _, answered := v.Answer(StepFullClientSync + "/" + handSyncID(v)); !answered {
		if verdict, err := p.bystanders(ctx, v, false); err != nil || verdict.State != "" {
			return verdict, err
		}
	}
	answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilitySyncStart, "Run a Full Client Sync, and answer yes once it has completed", Task{
		ID: handSyncID(v), Rule: "R7, P9",
		Why: "only a Full Client Sync removes archived clients; it destroys their history",
	}))
	if !ok {
		return ask, nil
	}
	return attested(answer, "a person ran the Full Client Sync"), nil
}

func handSyncID(v View) string { return fmt.Sprintf("sync-%d", v.since()) }

// awaitSync waits for the regular sync from MYOB AE to complete (R8).
func (p practice) awaitSync(after string) Step {
	return Step{
		StepInfo: StepInfo{Name: StepAwaitSync, Does: "wait for the sync from MYOB AE", Rule: "R8",
			Needs: []string{after}, Scope: PerWave},
		Check: p.checkRegularSync,
	}
}

func (p practice) checkRegularSync(ctx context.Context, v View) (Verdict, error) {
	left, err := p.allLeft(ctx, v)
	switch {
	case err != nil:
		return Verdict{}, err
	case left:
		return done("every client of the wave has left the Client Grid"), nil
	}
	readable, err := p.offers(ctx, v, nimbus.CapabilitySyncRead)
	if err != nil {
		return Verdict{}, err
	}
	if !readable {
		answer, ask, ok := v.byHand(inNimbus(nimbus.CapabilitySyncRead, "Wait until a sync from MYOB AE that began after now has completed, and answer yes", Task{
			ID: handSyncID(v), Rule: "R8, P9",
			Why: "the sync removes the clients from Nimbus",
		}))
		if !ok {
			return ask, nil
		}
		return attested(answer, "a person saw the sync complete"), nil
	}
	runs, err := p.Nimbus.Syncs.List(ctx)
	if err != nil {
		return Verdict{}, err
	}
	base := v.Facts.Baseline
	if base == nil || base.After < v.since() {
		now, _ := v.progress.now()
		base = &Baseline{After: now}
		for _, run := range runs {
			base.Sync = max(base.Sync, run.Number)
		}
		verdict, err := waiting("R8", "a sync that starts after number %d has to complete", base.Sync)
		verdict.Facts.Baseline = base
		return verdict, err
	}
	completed := slices.ContainsFunc(runs, func(r nimbus.SyncRun) bool { return r.Number > base.Sync && r.State == nimbus.SyncCompleted })
	if !completed {
		return waiting("R8", "no sync after number %d has completed so far", base.Sync)
	}
	stay, err := p.unexplained(ctx, v)
	switch {
	case err != nil:
		return Verdict{}, err
	case len(stay) > 0:
		return waiting("R8, R9", "a sync has completed, but still on the Client Grid are %s", strings.Join(stay, ", "))
	}
	return done("a sync that started after the clients were closed has completed"), nil
}
