package offboard

import (
	"context"
	"fmt"
	"time"
)

// Progress is the fold of a journal: where every step of every client stands.
type Progress struct {
	seq     int    // of the last record
	session int    // of the last session record
	spec    string // digest of the specification of that session
	steps   map[stepKey]*stepProgress
	units   map[string]*unitProgress
	tasks   map[string]*taskProgress // by id
}

type stepKey struct{ unit, step string }

// stepProgress is where one step of one unit stands. A unit is a Client Code,
// or "" for the whole run.
type stepProgress struct {
	state   State
	rule    string
	reason  string
	proof   Proof
	until   time.Time
	target  string
	task    *Task
	details map[string]string
	kept    []Kept
	found   []Finding
	checked int // record of the last Check
	became  int // record at which it became done, after its last effect
	waits   int // Checks in a row that said Waiting, in this session
	effects []effect
}

// effect is one attempt to change something. Until its outcome is recorded its
// state is Unknown: it may or may not have happened (I6).
type effect struct {
	target string
	state  State // Done, Failed (refused: certainly not done) or Unknown
	seq    int
}

// taskProgress is where a task stands: the records at which it was asked and
// answered last. Several clients may wait for one task.
type taskProgress struct {
	asked, answered int
	answer          Answer
}

type unitProgress struct {
	facts      Facts
	lastEffect int
	touched    bool
}

// Replay folds all records of a journal. A gap in the sequence is an error.
func Replay(ctx context.Context, j Journal) (*Progress, error) {
	p := newProgress()
	for r, err := range j.Records(ctx) {
		if err != nil {
			return nil, fmt.Errorf("offboard: reading the journal: %w", err)
		}
		if r.Seq != p.seq+1 {
			return nil, fmt.Errorf("offboard: the journal has record %d after record %d: a line is missing or repeated; nothing was done", r.Seq, p.seq)
		}
		p.apply(r)
	}
	return p, nil
}

func newProgress() *Progress {
	return &Progress{steps: map[stepKey]*stepProgress{}, units: map[string]*unitProgress{}, tasks: map[string]*taskProgress{}}
}

// Facts returns what is known of a client; of the run for the empty code.
func (p *Progress) Facts(client string) Facts { return p.unit(client).facts }

// Knows reports whether the journal has resolved the client before.
func (p *Progress) Knows(client string) bool { return p.unit(client).facts.Snapshot != nil }

func (p *Progress) unit(name string) *unitProgress {
	u := p.units[name]
	if u == nil {
		u = &unitProgress{}
		p.units[name] = u
	}
	return u
}

func (p *Progress) step(unit, step string) *stepProgress {
	key := stepKey{unit, step}
	s := p.steps[key]
	if s == nil {
		s = &stepProgress{state: Pending}
		p.steps[key] = s
	}
	return s
}

// task is the progress of the task that a record is about.
func (p *Progress) task(r Record) *taskProgress {
	id := ""
	if r.Task != nil {
		id = r.Task.ID
	}
	t := p.tasks[id]
	if t == nil {
		t = &taskProgress{}
		p.tasks[id] = t
	}
	return t
}

// see is step for readers: it does not create what is not there.
func (p *Progress) see(unit, step string) *stepProgress {
	if s := p.steps[stepKey{unit, step}]; s != nil {
		return s
	}
	return &stepProgress{state: Pending}
}

// unitsWith lists the units that have taken the step.
func (p *Progress) unitsWith(step string) []string {
	var units []string
	for key := range p.steps {
		if key.step == step {
			units = append(units, key.unit)
		}
	}
	return units
}

// lastEffect is the newest effect that may have changed what was read of the
// unit: its own, or one of the whole run.
func (p *Progress) lastEffect(unit string) int {
	return max(p.unit(unit).lastEffect, p.unit("").lastEffect)
}

func (p *Progress) touched(client string) bool { return p.unit(client).touched }

// apply folds one more record.
func (p *Progress) apply(r Record) {
	p.seq = r.Seq
	switch r.Kind {
	case KindSession:
		p.session = r.Seq
		for _, s := range p.steps {
			s.waits = 0
			if r.Digest != p.spec {
				s.state = Pending // what is wanted has changed: look at everything again
			}
		}
		p.spec = r.Digest
		return
	case KindEnded:
		return
	}
	s := p.step(r.Client, r.Step)
	if r.Facts != nil {
		p.unit(r.Client).facts.merge(*r.Facts)
	}
	switch r.Kind {
	case KindChecked:
		s.check(r)
	case KindIntent:
		s.effects = append(s.effects, effect{target: r.Target, state: Unknown, seq: r.Seq})
		s.state, s.reason = Unknown, "an effect was begun; its outcome is not recorded"
		p.noteEffect(r)
	case KindOutcome:
		s.outcome(r, p.session)
		p.unit(r.Client).lastEffect = r.Seq
	case KindAsked:
		p.task(r).asked = r.Seq
		if r.Destructive {
			p.noteEffect(r)
		}
	case KindAnswered:
		p.task(r).answered = r.Seq
		if r.Destructive {
			p.noteEffect(r)
		}
		if r.Answer != nil {
			p.task(r).answer = *r.Answer
		}
	}
}

func (s *stepProgress) check(r Record) {
	if r.State == Waiting {
		s.waits++
	} else {
		s.waits = 0
	}
	s.state, s.rule, s.reason, s.proof, s.until = r.State, r.Rule, r.Reason, r.Proof, r.Until
	s.target, s.task, s.kept, s.checked = r.Target, r.Task, r.Kept, r.Seq
	if r.Details != nil {
		s.details = r.Details
	}
	if r.Findings != nil {
		s.found = r.Findings
	}
	if r.State == Done && (s.became == 0 || s.lastEffect() > s.became) {
		s.became = r.Seq
	}
}

func (s *stepProgress) lastEffect() int {
	if len(s.effects) == 0 {
		return 0
	}
	return s.effects[len(s.effects)-1].seq
}

// maxUnknown is how often one session tries a step whose outcome stays unknown,
// although each read says that it was not done.
const maxUnknown = 3

func (s *stepProgress) outcome(r Record, session int) {
	if n := len(s.effects); n > 0 {
		s.effects[n-1].state, s.effects[n-1].seq = r.State, r.Seq
	}
	s.reason, s.rule, s.until = r.Reason, r.Rule, r.Until
	if r.Details != nil {
		s.details = r.Details
	}
	switch {
	case r.State == Done:
		s.state = Pending
	case r.State == Failed && !r.Until.IsZero():
		s.state, s.checked = Waiting, r.Seq // a quota: try again then
	case r.State == Failed:
		s.state, s.checked = Failed, r.Seq
	default:
		s.state = Unknown
		if s.unknowns(session) >= maxUnknown {
			s.state, s.checked = Failed, r.Seq
		}
	}
}

func (s *stepProgress) unknowns(session int) (n int) {
	for _, e := range s.effects {
		if e.state == Unknown && e.seq > session {
			n++
		}
	}
	return n
}

// noteEffect marks what a destructive intent, or a destructive task given to a
// person, has touched. A sync touches every client that was ready for it.
func (p *Progress) noteEffect(r Record) {
	u := p.unit(r.Client)
	u.lastEffect = r.Seq
	if !r.Destructive {
		return
	}
	u.touched = true
	if r.Client != "" {
		return
	}
	for _, other := range p.units {
		if up := other.facts.Upstream; up != nil && up.Proof != "" {
			other.touched = true
		}
	}
}
