package offboard

import (
	"context"
	"fmt"

	"github.com/practicekit/offboarding/nimbus"
)

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
	return &Progress{clients: map[string]*unitProgress{}, byWave: map[int]*unitProgress{}, tasks: map[string]*taskProgress{},
		waveOf: map[string]int{}, targets: map[targetKey]int{}, gone: map[nimbus.ClientID]bool{}}
}

// apply folds one more record.
func (p *Progress) apply(r Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seq = r.Seq
	switch r.Kind {
	case KindSession:
		p.begin(r)
		return
	case KindWave:
		p.waves = append(p.waves, r.Clients)
		for _, client := range r.Clients {
			p.waveOf[client] = len(p.waves)
		}
		return
	case KindHeld:
		p.held = r.Until
		return
	case KindEnded:
		return
	}
	u := unit{r.Client, r.Wave}
	s := p.unit(u).step(r.Step)
	if r.Facts != nil && p.learn(u, r) {
		s.became = 0 // what rests on this step is looked at again
	}
	switch r.Kind {
	case KindChecked:
		s.check(r)
		if r.State == Done && u.wave > 0 {
			p.noteSync(r)
		}
	case KindIntent:
		s.effects = append(s.effects, effect{target: r.Target, state: Unknown, seq: r.Seq, at: r.Time})
		s.state, s.reason = Unknown, "an effect was begun; its outcome is not recorded"
		p.targets[targetKey{r.Step, r.Target}] = r.Seq
		p.noteEffect(u, r)
	case KindOutcome:
		s.outcome(r, p.session)
		p.targets[targetKey{r.Step, r.Target}] = r.Seq
		p.noteEffect(u, r)
	case KindAsked:
		p.task(r).asked = r.Seq
		if r.Destructive {
			p.noteEffect(u, r)
		}
	case KindAnswered:
		p.task(r).answered = r.Seq
		if r.Destructive {
			p.noteEffect(u, r)
		}
		if r.Answer != nil {
			p.task(r).answer = *r.Answer
		}
	}
	if s.state == Blocked || s.state == Failed {
		p.unit(u).stopped, p.scopes = r.Seq, r.Seq
	}
}

// begin folds the first record of a session. A client that was stopped, or that
// was not touched so far, leaves its wave: it goes with whoever else goes then.
func (p *Progress) begin(r Record) {
	p.session = r.Seq
	changed := r.Digest != p.spec
	for client, up := range p.clients {
		if changed || up.stopped > 0 || !up.touched && up.facts.Removed == nil {
			delete(p.waveOf, client)
		}
		up.begin(changed)
	}
	for _, up := range p.byWave {
		up.begin(changed)
	}
	p.spec = r.Digest
}

func (u *unitProgress) begin(changed bool) {
	u.stopped = 0
	for _, s := range u.steps {
		s.waits = 0
		if changed {
			s.state = Pending // what is wanted has changed: look at everything again
		}
	}
}

// learn takes over facts, and reports whether the client is another one than it
// was.
func (p *Progress) learn(u unit, r Record) (changed bool) {
	before := p.unit(u).facts.Snapshot
	p.unit(u).facts.merge(*r.Facts)
	if r.Facts.Snapshot != nil || r.Facts.Approved != nil {
		p.scopes = r.Seq
	}
	if snap := p.unit(u).facts.Snapshot; r.Facts.Removed != nil && snap != nil && snap.Nimbus != "" {
		p.gone[snap.Nimbus] = true
	}
	return r.Facts.Snapshot != nil && before != nil && !before.equal(*r.Facts.Snapshot)
}

func (s *stepProgress) check(r Record) {
	if r.State == Waiting {
		s.waits++
	} else {
		s.waits = 0
	}
	s.state, s.rule, s.reason, s.proof, s.until = r.State, r.Rule, r.Reason, r.Proof, r.Until
	s.target, s.task, s.kept, s.checked, s.at = r.Target, r.Task, r.Kept, r.Seq, r.Time
	if r.Details != nil {
		s.details = r.Details
	}
	if r.Findings != nil {
		s.findings = r.Findings
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

// noteSync notes that a step of a wave is done, which are syncs, for every client
// that a sync was to remove.
func (p *Progress) noteSync(r Record) {
	for _, other := range p.clients {
		if other.facts.leftUpstream() {
			other.synced = r.Seq
		}
	}
}

// noteEffect notes an intent, an outcome, or a destructive task given to a
// person. A sync touches every client that was ready for it.
func (p *Progress) noteEffect(u unit, r Record) {
	up := p.unit(u)
	up.lastEffect = r.Seq
	if u.wave > 0 {
		p.wide = r.Seq
	}
	if !r.Destructive {
		return
	}
	up.touched = true
	if u.wave == 0 {
		return
	}
	for _, other := range p.clients {
		if other.facts.leftUpstream() {
			other.touched = true
		}
	}
}

// unit is of for folding.
func (p *Progress) unit(u unit) *unitProgress {
	up := p.of(u)
	if up != &notBegun {
		return up
	}
	up = &unitProgress{}
	if u.client != "" {
		p.clients[u.client] = up
	} else {
		p.byWave[u.wave] = up
	}
	return up
}

// step is see for folding.
func (u *unitProgress) step(step string) *stepProgress {
	s := u.see(step)
	if s == &notTaken {
		s = &stepProgress{name: step, state: Pending}
		u.steps = append(u.steps, s)
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
