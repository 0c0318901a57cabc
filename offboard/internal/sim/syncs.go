package sim

import (
	"context"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// syncRun is a run of a sync. Its times count from the practice's epoch.
type syncRun struct {
	id             nimbus.SyncID
	kind           nimbus.SyncKind
	state          nimbus.SyncState
	started, ended time.Duration
	due            time.Duration // never, if it is never to end
	fate           syncFate
	ours           bool // started by a program, not by a person of the practice
}

// never is when a sync ends that does not end.
const never = time.Duration(1<<63 - 1)

// syncFate is what becomes of a full sync at its end.
type syncFate uint8

const (
	syncWorks syncFate = iota
	syncIdles          // it says that it is completed and has removed nothing
	syncFails
)

// listedSyncs is how many of the newest runs a list shows.
const listedSyncs = 50

func (p *Practice) show(n int, r syncRun) nimbus.SyncRun {
	run := nimbus.SyncRun{ID: r.id, Number: int64(n + 1), Kind: r.kind, State: r.state, StartedAt: p.epoch.Add(r.started).UTC()}
	if r.state != nimbus.SyncRunning {
		run.FinishedAt = p.epoch.Add(r.ended).UTC()
	}
	return run
}

// advance ends the syncs whose time has come and runs the regular ones, in the
// order of their times. It is called under the lock.
func (p *Practice) advance() {
	for {
		now := p.clock()
		next, at := -1, never
		for n := len(p.now.syncs) - 1; n >= 0 && n >= len(p.now.syncs)-listedSyncs; n-- {
			if r := p.now.syncs[n]; r.state == nimbus.SyncRunning && r.due < at {
				next, at = n, r.due
			}
		}
		if every := p.cast.every; every > 0 {
			if missed := (now - p.now.lastRegular) / every; missed > listedSyncs {
				p.now.lastRegular += (missed - listedSyncs) * every
			}
			if regular := p.now.lastRegular + every; regular <= now && regular <= at {
				p.now.lastRegular = regular
				next, at = p.begin(numbered[nimbus.SyncID]("regular-", len(p.now.syncs)), nimbus.SyncRegular, regular, 0), regular
			}
		}
		if next < 0 || at > now {
			return
		}
		p.end(next)
	}
}

func (p *Practice) begin(id nimbus.SyncID, kind nimbus.SyncKind, at, takes time.Duration) int {
	p.now.syncs = append(p.now.syncs, syncRun{id: id, kind: kind, state: nimbus.SyncRunning, started: at, due: at + takes})
	return len(p.now.syncs) - 1
}

func (p *Practice) end(n int) {
	run := p.now.syncs[n]
	if run.fate == syncWorks {
		p.remember()
		p.synchronise(run)
	}
	p.version++
	r := &p.now.syncs[n]
	r.state, r.ended = nimbus.SyncCompleted, r.due
	if r.fate == syncFails {
		r.state = nimbus.SyncFailed
	}
}

type syncs struct{ *door }

func (s *state) sync(id nimbus.SyncID) int {
	for n := len(s.syncs) - 1; n >= 0; n-- {
		if s.syncs[n].id == id {
			return n
		}
	}
	return -1
}

// StartFull starts a Full Client Sync. An id that is known already changes
// nothing; another full one that still runs is in the way.
func (y syncs) StartFull(ctx context.Context, id nimbus.SyncID) (nimbus.SyncRun, error) {
	c := repeatable(Nimbus, "Syncs.StartFull", id, -1)
	return reach(ctx, y.door, c, func(s *state) (nimbus.SyncRun, bool, error) {
		if n := s.sync(id); n >= 0 {
			return y.p.show(n, s.syncs[n]), false, nil
		}
		for _, r := range s.syncs[max(0, len(s.syncs)-listedSyncs):] {
			if r.kind == nimbus.SyncFull && r.state == nimbus.SyncRunning {
				return nimbus.SyncRun{}, false, c.conflict(nimbus.CodeSyncRunning)
			}
		}
		n := y.p.begin(id, nimbus.SyncFull, y.p.clock(), y.p.cast.takes)
		s.syncs[n].ours = true
		return y.p.show(n, s.syncs[n]), true, nil
	})
}

func (y syncs) Get(ctx context.Context, id nimbus.SyncID) (nimbus.SyncRun, error) {
	c := read(Nimbus, "Syncs.Get", id, -1)
	return reach(ctx, y.door, c, func(s *state) (nimbus.SyncRun, bool, error) {
		n := s.sync(id)
		if n < 0 {
			return nimbus.SyncRun{}, false, c.noSuch()
		}
		return y.p.show(n, s.syncs[n]), false, nil
	})
}

// List lists the newest runs, the newest first.
func (y syncs) List(ctx context.Context) ([]nimbus.SyncRun, error) {
	return reach(ctx, y.door, read(Nimbus, "Syncs.List", "", -1), func(s *state) ([]nimbus.SyncRun, bool, error) {
		var all []nimbus.SyncRun
		for n := len(s.syncs) - 1; n >= max(0, len(s.syncs)-listedSyncs); n-- {
			all = append(all, y.p.show(n, s.syncs[n]))
		}
		return all, false, nil
	})
}
