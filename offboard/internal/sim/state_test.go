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
// alike is not taken on trust: [explorer.doubt] tries it.

// key names everything that lasts.
func (pt *point) key() uint64 {
	if pt.digest != 0 {
		return pt.digest
	}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	pt.practice.hash(&h, pt.clock)
	number(&h, digest(pt.journal.files))
	number(&h, digest(folded(pt.journal.records, false)))
	pt.judge.hash(&h, pt.judge.tick)
	text(&h, pt.last)
	pt.digest = h.Sum64()
	return pt.digest
}

// key names where a process is, if that can be told: right after an append, its
// state is the fold of the journal, and what it was told.
func (w *follower) key() uint64 {
	if n := len(w.trace); n < 2 || w.trace[n-2].Kind != IOAppend || !w.marked {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(digestSeed)
	w.pt.practice.hash(&h, w.pt.practice.clock())
	number(&h, digest(w.pt.journal.files))
	number(&h, digest(folded(w.pt.journal.records, true)))
	w.pt.judge.hash(&h, w.pt.judge.began)
	number(&h, digest(map[question][]uint64(w.told)))
	number(&h, uint64(time.Since(w.began)/time.Minute))
	return h.Sum64()
}

// hash is the practice at a time, its past included.
func (p *Practice) hash(h *maphash.Hash, now time.Duration) {
	for _, before := range p.past {
		if before.digest == 0 {
			before.digest = digest(before.withoutTimes())
		}
		number(h, before.digest)
	}
	number(h, digest(p.now.withoutTimes()))
	for _, r := range p.now.syncs {
		// Only this matters: how soon it ends, and whether it has just ended.
		if r.state == nimbus.SyncRunning && r.due != never {
			number(h, uint64(max(0, r.due-now)))
		} else {
			number(h, uint64(min(now-r.ended, 3*time.Minute)))
		}
	}
	if p.cast.every > 0 {
		number(h, uint64((now-p.now.lastRegular)%p.cast.every))
	}
	number(h, digest(p.lost))
	for _, e := range p.effects {
		if e.Changed {
			text(h, e.Op)
			text(h, e.About)
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

// answers are what a process was told, by question: each answer once.
type answers map[question][]uint64

func (a *answers) hear(q question, answer any, err error) {
	if *a == nil {
		*a = answers{}
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	d := digest(answer, text)
	if all := (*a)[q]; len(all) == 0 || all[len(all)-1] != d {
		(*a)[q] = append(all, d)
	}
}

// undecisive are the fields of a record on which nothing depends but the report.
var undecisive = map[string]bool{"Seq": true, "Time": true, "Reason": true, "Rule": true, "Until": true, "Details": true, "Kept": true}

// entry is a record that still counts, and how.
type entry struct {
	kind offboard.Kind
	hash uint64
}

// folded leaves out of a journal what later records have made void: a process
// folds what is left to the same progress, but for the numbers of records, of
// which only the order matters. Within a process it also matters which checks are
// of this session, and how often the last ones said Waiting.
func folded(records []offboard.Record, session bool) []entry {
	type unit struct{ client, step string }
	lastCheck, lastAsked, waits := map[unit]int{}, map[string]int{}, map[unit]int{}
	began := 0
	for n, r := range records {
		at := unit{r.Client, r.Step}
		switch r.Kind {
		case offboard.KindSession:
			began = n
			clear(waits)
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
	var kept []entry
	facts := map[string]offboard.Facts{}
	effect, became := map[unit]int{}, map[unit]int{}
	for n, r := range records {
		at := unit{r.Client, r.Step}
		if r.Facts != nil {
			facts[r.Client] = mergedFacts(facts[r.Client], *r.Facts)
		}
		e := entry{kind: r.Kind}
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
			switch {
			case n == lastCheck[at]:
				e.hash = recordHash(r)
				if session && r.State == offboard.Waiting {
					e.hash = digest(e.hash, waits[at])
				}
			case first:
				e.hash = digest(r.Client, r.Step) // only that it became done here
			default:
				continue
			}
		case offboard.KindAsked, offboard.KindAnswered:
			if n != lastAsked[string(r.Kind)+r.Task.ID] && !r.Destructive {
				continue
			}
			e.hash = recordHash(r)
		default: // intents, outcomes, and what is not known here
			effect[at] = n + 1
			e.hash = recordHash(r)
		}
		kept = append(kept, e)
	}
	return append(kept, entry{"facts", digest(facts)})
}

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
