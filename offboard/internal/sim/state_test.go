package sim

import (
	"hash/maphash"
	"reflect"
	"slices"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
)

// Two processes from which the same will follow, whatever happens, are one and
// need to be tried once. What follows depends on the state of the practice, on
// what its past still may show, on the journal as it is folded, and on what the
// judge holds. The key of a point is a digest of these. That equal keys behave
// alike is not taken on trust: see explorer.compare.

// key names everything that lasts, and what was found last.
func (pt *point) key() uint64 { return digest(pt.substance(), pt.last) }

// substance names everything that lasts.
func (pt *point) substance() uint64 {
	if pt.digest != 0 {
		return pt.digest
	}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	number(&h, pt.practice.digest())
	pt.practice.pending(&h, pt.clock)
	number(&h, digest(pt.journal.files))
	pt.folded(&h, false)
	pt.judge.hash(&h, pt.judge.tick)
	pt.digest = h.Sum64()
	return pt.digest
}

// key names where a process is, if that can be told: right after an append, its
// state is the fold of the journal, and what it was told.
func (w *follower) key() uint64 {
	records := w.pt.journal.records
	if n := len(w.trace); w.doomed || n < 2 || w.trace[n-2].Kind != IOAppend || len(records) == 0 {
		return 0
	}
	if w.state == 0 || w.version != w.pt.practice.version {
		w.version, w.state = w.pt.practice.version, w.pt.practice.digest()
	}
	if w.files == 0 || w.created != len(w.pt.journal.files) {
		w.created, w.files = len(w.pt.journal.files), digest(w.pt.journal.files)
	}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	number(&h, w.state)
	number(&h, w.files)
	w.pt.practice.pending(&h, w.pt.practice.clock())
	w.pt.folded(&h, true)
	w.pt.judge.hash(&h, w.pt.judge.began)
	for _, answer := range w.told {
		number(&h, answer)
	}
	number(&h, digest(w.stale))
	number(&h, uint64(time.Since(w.began)/time.Minute))
	number(&h, uint64(w.sinceList()))
	text(&h, string(records[len(records)-1].Kind)) // it may be the end of the process
	return h.Sum64()
}

// sinceList counts the effects since all clients were last listed: the list serves
// only those clients that none of them was on. -1: they were not.
func (w *follower) sinceList() (n int) {
	if w.listed < 0 {
		return -1
	}
	for _, r := range w.pt.journal.records[w.listed:] {
		if r.Kind == offboard.KindIntent || r.Kind == offboard.KindOutcome || r.Destructive {
			n++
		}
	}
	return n
}

// digest names the state of the practice, its past included, without times.
func (p *Practice) digest() uint64 {
	var h maphash.Hash
	h.SetSeed(digestSeed)
	for _, before := range p.past {
		if before.digest == 0 {
			before.digest = digest(before.withoutTimes())
		}
		number(&h, before.digest)
	}
	number(&h, digest(p.now.withoutTimes(), p.lost))
	for _, e := range p.effects {
		if e.Changed {
			text(&h, e.Op)
			text(&h, e.About)
		}
	}
	return h.Sum64()
}

// pending is what the practice has under way: how soon its syncs end, and, as long
// as a client is there that they ought to have removed, when they ended.
func (p *Practice) pending(h *maphash.Hash, now time.Duration) {
	late := slices.ContainsFunc(p.now.clients, func(c client) bool { return c.onGrid && (c.archived || c.deleted || c.closed || c.cleared) })
	if p.cast.every > 0 {
		number(h, uint64((now-p.now.lastRegular)%p.cast.every))
	}
	for _, r := range p.now.syncs {
		ended := r.ended
		if r.state == nimbus.SyncRunning {
			ended = r.due // and if that is past, nobody has looked so far
		}
		switch {
		case ended == never:
			number(h, 0)
		case ended > now || late || p.cast.every > 0:
			number(h, uint64(max(ended-now, -3*time.Minute)))
		}
	}
}

func (s state) withoutTimes() state {
	s.lastRegular = 0
	s.syncs = slices.Clone(s.syncs)
	for i := range s.syncs {
		r := &s.syncs[i]
		r.started, r.ended = 0, 0
		if r.due != never {
			r.due = 0
		}
	}
	return s
}

// hash is what the judge holds, in a process that began at a tick.
func (g *judge) hash(h *maphash.Hash, began int) {
	for _, tick := range append(slices.Clip(g.touched), g.wide) {
		window := max(tick, began)
		for _, a := range g.acts {
			number(h, digest(a.what, a.tick > window))
		}
		for _, m := range g.misleads {
			if m.tick > window {
				text(h, m.what)
			}
		}
	}
	number(h, uint64(len(g.breaches)))
}

// answers are what a process was told, each once.
type answers []uint64

func (a *answers) hear(q question, answer any, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if d := digest(q, answer, text); !slices.Contains(*a, d) {
		*a = append(*a, d)
	}
}

// undecisive are the fields of a record on which nothing depends but the report.
var undecisive = map[string]bool{"Seq": true, "Time": true, "Reason": true, "Rule": true, "Until": true, "Details": true, "Kept": true, "Findings": true}

// folded hashes a journal. It leaves out of a journal what later records have made void: a process
// folds what is left to the same progress, but for the numbers of records, of
// which only the order matters. Within a process it also matters which checks are
// of this session, and how often the last ones said Waiting.
func (pt *point) folded(h *maphash.Hash, session bool) {
	records := pt.journal.records
	for _, r := range records[len(pt.hashes):] {
		pt.hashes = append(pt.hashes, recordHash(r))
	}
	type unit struct {
		client, step string
		wave         int
	}
	type whom struct {
		client string
		wave   int
	}
	lastCheck, lastAsked, waits := map[unit]int{}, map[string]int{}, map[unit]int{}
	unknowns := map[unit]int{}
	inWave, touched := map[string]bool{}, map[string]bool{}
	began, stopped := 0, map[string]bool{} // clients that leave their wave when the next session begins
	for n, r := range records {
		at := unit{r.Client, r.Step, r.Wave}
		touched[r.Client] = touched[r.Client] || r.Destructive
		if r.Kind == offboard.KindWave {
			for _, client := range r.Clients {
				inWave[client] = true
			}
		}
		if r.Kind == offboard.KindOutcome && r.State == offboard.Unknown {
			unknowns[at]++
		}
		// What was refused for a quota only waits.
		if r.State == offboard.Blocked || r.State == offboard.Failed && r.Until.IsZero() || unknowns[at] >= 3 {
			stopped[r.Client] = true
		}
		switch r.Kind {
		case offboard.KindSession:
			began = n
			clear(waits)
			for client := range inWave {
				if stopped[client] || !touched[client] {
					delete(inWave, client)
				}
			}
			clear(stopped)
			clear(unknowns)
		case offboard.KindChecked:
			lastCheck[at] = n
			waits[at]++
			if r.State != offboard.Waiting {
				waits[at] = 0
			}
		case offboard.KindAsked, offboard.KindAnswered:
			lastAsked[string(r.Kind)+r.Task.ID] = n
		}
	}
	var kept []int
	facts := map[whom]offboard.Facts{}
	effect, became := map[unit]int{}, map[unit]int{}
	for n, r := range records {
		at := unit{r.Client, r.Step, r.Wave}
		if who := (whom{r.Client, r.Wave}); r.Facts != nil {
			before := facts[who].Snapshot
			facts[who] = mergedFacts(facts[who], *r.Facts)
			if r.Facts.Snapshot != nil && before != nil && !reflect.DeepEqual(before, r.Facts.Snapshot) {
				became[at] = 0 // the client is another one than it was
			}
		}
		counts := uint64(0)
		switch r.Kind {
		case offboard.KindEnded:
			continue
		case offboard.KindSession:
			if n != began || !session {
				continue
			}
		case offboard.KindChecked:
			first := r.State == offboard.Done && (became[at] == 0 || effect[at] > became[at])
			if first {
				became[at] = n + 1
			}
			// What the last check of an earlier session said is asked again, unless it
			// was that the step is done.
			open := r.State != offboard.Done && r.State != offboard.Skipped
			switch {
			case n == lastCheck[at] && open && (!session || n < began):
				continue
			case n == lastCheck[at]:
				counts = digest(pt.hashes[n], r.Details["scope"]) // of an approval
				if session && r.State == offboard.Waiting {
					counts = digest(counts, waits[at], time.Until(r.Until))
				}
				if session && n >= began {
					counts = digest(counts, time.Since(r.Time) >= tooOld)
				}
			case first:
				counts = digest(r.Client, r.Step) // only that it became done here, if later records do not void that too
			default:
				continue
			}
		case offboard.KindAsked, offboard.KindAnswered:
			if n != lastAsked[string(r.Kind)+r.Task.ID] && !r.Destructive {
				continue
			}
			counts = pt.hashes[n]
		default: // intents, outcomes, and what is not known here
			effect[at] = n + 1
			counts = pt.hashes[n]
			if session && n >= began && !r.Until.IsZero() {
				counts = digest(counts, time.Until(r.Until))
			}
		}
		text(h, string(r.Kind))
		number(h, counts)
		kept = append(kept, r.Seq)
	}
	for client, f := range facts {
		if f.Baseline != nil { // of the number of a record, too, only the order matters
			base := *f.Baseline
			base.After, _ = slices.BinarySearch(kept, base.After+1)
			f.Baseline = &base
			facts[client] = f
		}
	}
	number(h, digest(facts))
	for client := range stopped {
		if !inWave[client] { // it has no wave to leave
			delete(stopped, client)
		}
	}
	number(h, digest(stopped, inWave))
}

// tooOld is the age from which no effect on a client rests on a proof.
const tooOld = 10 * time.Minute

func recordHash(r offboard.Record) uint64 {
	var h maphash.Hash
	h.SetSeed(digestSeed)
	r.Facts = nil // they count together
	deep(&h, reflect.ValueOf(r), undecisive)
	return h.Sum64()
}

// mergedFacts takes over every part that newer has.
func mergedFacts(f, newer offboard.Facts) offboard.Facts {
	to, from := reflect.ValueOf(&f).Elem(), reflect.ValueOf(newer)
	for i := range from.NumField() {
		if !from.Field(i).IsZero() {
			to.Field(i).Set(from.Field(i))
		}
	}
	return f
}
