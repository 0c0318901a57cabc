package sim

import "sync"

// memo are the points that are known, for all that explore together.
type memo struct {
	mu    sync.Mutex
	known map[uint64]known
}

// known is a point: how many faults were tried from it, and what follows from it
// without one.
type known struct {
	faults    int
	behaviour behaviour
}

// behaviour is what a process does from some I/O on: its I/Os, and where it ends.
type behaviour struct{ trace, end uint64 }

func behaviourOf(run outcome, from int) behaviour {
	return behaviour{digest(run.trace[from-1:]), run.end.substance()}
}

func newMemo() *memo { return &memo{known: map[uint64]known{}} }

// claim reports whether a point is new for so many faults, and marks it as tried.
// Of a point that is not, it tells the behaviour, as far as that is known.
func (m *memo) claim(key uint64, faults int) (behaviour, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, there := m.known[key]
	if there && at.faults >= faults {
		return at.behaviour, false
	}
	m.known[key] = known{faults, at.behaviour}
	return at.behaviour, true
}

// learn keeps the behaviour of a point.
func (m *memo) learn(key uint64, b behaviour) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[key] = known{m.known[key].faults, b}
}

// doubtful picks the points of which it is tried that they behave as another one,
// one in doubts. Within a process it is seen without a try.
func doubtful(n int) bool { return n%*doubts == 0 }
