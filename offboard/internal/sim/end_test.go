package sim

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// outcome judges how a process ended.
func (g *judge) outcome(out outcome, at map[int][]Fault) {
	if limit := patience + time.Minute + time.Duration(len(at))*day; out.took > limit {
		g.breach("I7", "a process took %s", out.took)
	}
	for _, name := range g.cast.names {
		if out.err != nil && strings.Contains(out.err.Error(), name) {
			g.breach("I8", "an error names %q", name)
		}
	}
}

// final judges what is left once nothing more happens.
func (pt *point) final() []string {
	g := pt.judge
	done := map[string]int{}
	for _, e := range pt.practice.effects {
		if e.Changed && e.Op != "Documents.Upload" {
			if done[e.Op+" "+e.About]++; done[e.Op+" "+e.About] == 2 && !g.redone(e) {
				g.breach("I5", "a second %s of %s", e.Op, e.About)
			}
		}
	}
	for _, l := range pt.practice.lost {
		added := slices.ContainsFunc(g.acts, func(a happened[Fault]) bool { return a.what == AddDocument })
		if n := g.missing(l.client, l.rows); n > 0 && g.leaves(l.client) && !added {
			g.breach("I1", "%d of %d rows of a history that is gone are in no evidence file", n, len(l.rows))
		}
	}
	if g.journal != nil {
		g.paper()
	}
	return g.breaches
}

// redone reports whether a second effect could not be told from a first one:
// somebody had undone it before its outcome was known.
func (g *judge) redone(e Effect) bool {
	return !g.undone(e.About) && slices.ContainsFunc(g.acts, func(a happened[Fault]) bool { return a.what == Unarchive || a.what == Restore })
}

// paper judges the journal: I6, each intent is followed by its outcome, or by the
// next process, and is not repeated unless a check came in between.
func (g *judge) paper() {
	type target struct{ client, step, target string }
	open, last := map[target]bool{}, map[target]int{}
	checked := map[[2]string]int{}
	for n, r := range g.journal.records {
		if r.Seq != n+1 {
			g.breach("I6", "record %d stands at place %d", r.Seq, n+1)
		}
		at := target{r.Client, r.Step, r.Target}
		switch r.Kind {
		case offboard.KindSession:
			clear(open)
		case offboard.KindChecked:
			checked[[2]string{r.Client, r.Step}] = n
			for o := range open {
				if o.client == r.Client && o.step == r.Step {
					g.breach("I6", "%s is checked before the outcome of its effect is recorded", r.Step)
				}
			}
		case offboard.KindIntent:
			if before, again := last[at]; again && checked[[2]string{r.Client, r.Step}] < before {
				g.breach("I6", "%s is repeated without a check in between", r.Step)
			}
			open[at], last[at] = true, n
		case offboard.KindOutcome:
			delete(open, at)
		}
	}
}

// end is what must be the same however often a run was broken (I9): the state of
// the systems without what only counts attempts, and what was destroyed.
func (pt *point) state() string {
	var b strings.Builder
	s := pt.practice.now
	for i, c := range s.clients {
		fmt.Fprintf(&b, "%s archived %t closed %t cleared %t on grid %t\n", pt.practice.cast.clients[i].code, c.archived, c.closed, c.cleared, c.onGrid)
	}
	for n, c := range s.contacts {
		fmt.Fprintf(&b, "contact %d gone %t access %t related %v\n", n, c.gone, c.access, c.related)
	}
	for n, f := range s.folders {
		fmt.Fprintf(&b, "folder %d %s %s gone %t\n", n, f.kind, f.code, f.gone)
	}
	filed := map[string]bool{} // however often, in whatever order
	for n, d := range s.documents {
		line := fmt.Sprintf("in %d archived %t gone %t\n", d.folder, d.archived, d.gone)
		if strings.HasPrefix(d.name, "Client-History-") {
			filed["history "+line] = true
			continue
		}
		fmt.Fprintf(&b, "document %d %s", n, line)
	}
	b.WriteString(strings.Join(slices.Sorted(maps.Keys(filed)), ""))
	var destroyed []string
	for _, e := range pt.practice.effects {
		if e.Changed && e.Op != "Documents.Upload" && e.Op != "Syncs.StartFull" {
			destroyed = append(destroyed, e.Op+" "+e.About+"\n")
		}
	}
	slices.Sort(destroyed)
	return b.String() + strings.Join(destroyed, "")
}
