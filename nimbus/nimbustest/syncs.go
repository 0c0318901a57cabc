package nimbustest

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

type syncRun struct {
	nimbus.SyncRun
	due     time.Time // zero: it stalls and never ends
	ending  bool      // someone is ending it, outside the lock
	failure *string
}

const listedSyncs = 50

var syncID = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)

// FailNextSync makes the next full sync that is started fail at its end, without
// a call of OnSync.
func (s *Server) FailNextSync(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failNext = &message
}

// StallNextSync makes the next full sync that is started run for ever.
func (s *Server) StallNextSync() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stallNext = true
}

// RunManualSync runs a manual sync at once, as a person does, with OnSync.
func (s *Server) RunManualSync() nimbus.SyncRun {
	s.advance()
	s.mu.Lock()
	run := s.newSync(s.syncName("manual"), nimbus.SyncManual, time.Now(), 0)
	run.ending = true
	s.mu.Unlock()
	s.end(run)
	s.mu.Lock()
	defer s.mu.Unlock()
	return run.SyncRun
}

func (s *state) newSync(id nimbus.SyncID, kind nimbus.SyncKind, start time.Time, takes time.Duration) *syncRun {
	s.counts["sync"]++
	run := &syncRun{due: start.Add(takes), SyncRun: nimbus.SyncRun{
		ID: id, Number: int64(s.counts["sync"]), Kind: kind, State: nimbus.SyncRunning, StartedAt: start.UTC(),
	}}
	s.syncs = append(s.syncs, run)
	return run
}

func (s *state) syncName(kind string) nimbus.SyncID {
	id, _ := s.next("sync-" + kind)
	return nimbus.SyncID(id)
}

// advance ends the syncs whose time has come, and runs the regular ones, in the
// order of their times. OnSync is called outside the lock.
func (s *Server) advance() {
	for {
		run := s.claim()
		if run == nil {
			return
		}
		s.end(run)
	}
}

// claim returns the next sync to end, or nil. Of the regular syncs that were
// missed, only as many are run as a list shows.
func (s *Server) claim() *syncRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	var first *syncRun
	for _, run := range s.syncs {
		if run.State == nimbus.SyncRunning && !run.ending && !run.due.IsZero() && !run.due.After(now) && (first == nil || run.due.Before(first.due)) {
			first = run
		}
	}
	if every := s.config.RegularEvery; every > 0 {
		if missed := now.Sub(s.lastRegular) / every; missed > listedSyncs {
			s.lastRegular = s.lastRegular.Add((missed - listedSyncs) * every)
		}
		if next := s.lastRegular.Add(every); !next.After(now) && (first == nil || next.Before(first.due)) {
			s.lastRegular = next
			first = s.newSync(s.syncName("regular"), nimbus.SyncRegular, next, 0)
		}
	}
	if first != nil {
		first.ending = true
	}
	return first
}

func (s *Server) end(run *syncRun) {
	failure := run.failure
	if failure == nil && s.config.OnSync != nil {
		if err := s.config.OnSync(string(run.Kind)); err != nil {
			text := err.Error()
			failure = &text
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	run.State, run.FinishedAt = nimbus.SyncCompleted, run.due.UTC()
	if failure != nil {
		run.State, run.Message = nimbus.SyncFailed, *failure
	}
}

func (s *Server) startSync(r request) answer {
	id := nimbus.SyncID(r.PathValue("id"))
	kind, ok := member[nimbus.SyncKind](r, "kind")
	if !ok {
		return noMember("kind")
	}
	if !syncID.MatchString(string(id)) {
		return invalid("the id of a sync is 8 to 64 letters, digits and hyphens")
	}
	run := s.sync(id)
	if kind != nimbus.SyncFull || run != nil && run.Kind != kind {
		return unprocessable("the kind is full, and so is that of a sync that is known already")
	}
	if run != nil {
		return respond(http.StatusOK, run.SyncRun)
	}
	if slices.ContainsFunc(s.syncs, func(run *syncRun) bool {
		return run.Kind == nimbus.SyncFull && run.State == nimbus.SyncRunning
	}) {
		return problem(http.StatusConflict, nimbus.CodeSyncRunning, "another full sync is running")
	}
	run = s.newSync(id, nimbus.SyncFull, time.Now(), s.config.SyncTakes)
	run.failure, s.failNext = s.failNext, nil
	if s.stallNext {
		run.due, s.stallNext = time.Time{}, false
	}
	a := respond(http.StatusCreated, run.SyncRun)
	a.changed = true
	return a
}

func (s *state) sync(id nimbus.SyncID) *syncRun {
	return find(s.syncs, func(run *syncRun) bool { return run.ID == id })
}

func (s *Server) getSync(r request) answer {
	run := s.sync(nimbus.SyncID(r.PathValue("id")))
	if run == nil {
		return notFound()
	}
	return respond(http.StatusOK, run.SyncRun)
}

// tokenPlaces is more than listedSyncs: a page token is the number of the sync
// that was the newest at the first page, and a place below it.
const tokenPlaces = 64

// listSyncs lists those that were the latest at the first page.
func (s *Server) listSyncs(r request) answer {
	newest := len(s.syncs)
	if token, err := strconv.Atoi(r.URL.Query().Get("pageToken")); err == nil {
		newest = min(max(0, token/tokenPlaces), newest)
	}
	latest := s.syncs[max(0, newest-listedSyncs):newest]
	return list(s, r, slices.Backward(latest), func(run *syncRun) (int, nimbus.SyncRun) {
		return newest*tokenPlaces + newest - int(run.Number), run.SyncRun
	})
}
