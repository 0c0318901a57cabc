package offboard

import (
	"slices"
	"sync"
	"time"

	"github.com/practicekit/offboarding/nimbus"
)

// Progress is the fold of a journal: where every step of every client stands. It
// may be read by several goroutines while a run folds further records into it.
type Progress struct {
	mu      sync.RWMutex
	seq     int    // of the last record
	session int    // of the last session record
	spec    string // digest of the specification of that session
	clients map[string]*unitProgress
	byWave  map[int]*unitProgress
	tasks   map[string]*taskProgress // by id
	waves   [][]string               // the clients of each wave, the first one at 0
	waveOf  map[string]int           // the wave that a client is in
	targets map[targetKey]int        // the newest effect of a step on a target
	gone    map[nimbus.ClientID]bool // entities that are proved to have left
	scopes  int                      // the newest record that may change what is to be approved
	wide    int                      // the newest effect on the whole practice
	held    time.Time                // no wave starts before: a quota
}

// unit is what a step is taken for: one client, or a wave of them.
type unit struct {
	client string
	wave   int
}

type targetKey struct{ step, target string }

// stepProgress is where one step of one unit stands.
type stepProgress struct {
	name     string
	state    State
	rule     string
	reason   string
	proof    Proof
	until    time.Time
	target   string
	task     *Task
	details  map[string]string
	findings []Finding
	kept     []Kept
	checked  int       // record of the last Check
	at       time.Time // when that was
	became   int       // record at which it became done, after its last effect
	waits    int       // Checks in a row that said Waiting, in this session
	effects  []effect
}

// effect is one attempt to change something. Until its outcome is recorded its
// state is Unknown: it may or may not have happened (I6).
type effect struct {
	target string
	state  State // Done, Failed (refused: certainly not done) or Unknown
	seq    int
	at     time.Time
}

// taskProgress is where a task stands: the records at which it was asked and
// answered last. Several clients may wait for one task.
type taskProgress struct {
	asked, answered int
	answer          Answer
}

type unitProgress struct {
	steps      []*stepProgress // that were taken; there are few, so that a search is quick
	facts      Facts
	lastEffect int
	touched    bool
	stopped    int // the newest record that blocked or failed one of its steps
	synced     int // the newest sync that was to remove it
}

// Facts returns what is known of a client.
func (p *Progress) Facts(client string) Facts {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.facts(unit{client: client})
}

func (p *Progress) facts(u unit) Facts { return p.of(u).facts }

// Wave returns the number of the wave that a client is in, from 1, or 0.
func (p *Progress) Wave(client string) int {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.waveOf[client]
}

var (
	notTaken = stepProgress{state: Pending}
	notBegun = unitProgress{}
)

// of is the progress of a unit for readers, who hold the lock and change nothing.
func (p *Progress) of(u unit) *unitProgress {
	up := p.byWave[u.wave]
	if u.client != "" {
		up = p.clients[u.client]
	}
	if up == nil {
		return &notBegun
	}
	return up
}

// see is where a step stands, for readers.
func (u *unitProgress) see(step string) *stepProgress {
	for _, s := range u.steps {
		if s.name == step {
			return s
		}
	}
	return &notTaken
}

// see is where a step of a unit stands, for readers who hold the lock.
func (p *Progress) see(u unit, step string) *stepProgress { return p.of(u).see(step) }

// seen is a copy of what see returns, for readers without the lock.
func (p *Progress) seen(u unit, step string) stepProgress {
	p.mu.RLock()
	defer p.mu.RUnlock()
	s := *p.see(u, step)
	s.effects = slices.Clone(s.effects)
	return s
}

// lastEffect is the newest effect that may have changed what was read of the
// unit: its own, or one on the whole practice.
func (p *Progress) lastEffect(u unit) int {
	return max(p.wide, p.of(u).lastEffect)
}

func (p *Progress) touched(client string) bool { return p.of(unit{client: client}).touched }

// stopped reports whether the unit goes no further in this session.
func (p *Progress) stopped(u unit) bool {
	return p.of(u).stopped > p.session
}

// now returns the numbers of the newest record and of this session's first.
func (p *Progress) now() (seq, session int) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.seq, p.session
}
