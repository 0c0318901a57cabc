package offboard

import (
	"iter"
	"time"
)

// ActionKind is what the machine wants done next.
type ActionKind string

const (
	ActionCheck  ActionKind = "check"  // call the step's Check and record its verdict
	ActionApply  ActionKind = "apply"  // record the intent, call Apply, record the outcome
	ActionAsk    ActionKind = "ask"    // put the step's task before a person
	ActionWait   ActionKind = "wait"   // nothing to do before Until
	ActionFinish ActionKind = "finish" // nothing left that this session can do
)

// Action is a thing to do, for one client or (Client empty) for a wave.
type Action struct {
	Kind   ActionKind
	Client string
	Wave   int
	Step   string
	Until  time.Time
}

func (a Action) unit() unit { return unit{a.Client, a.Wave} }

// fresh is how old a proof may be when an effect on a client rests on it, even if
// nothing has happened since that this run knows of. What a sync rests on must
// have been proved after each client's removal, which is lately; many clients
// could otherwise not all be proved before the first of them are too old.
const fresh = 10 * time.Minute

// Next decides what to do about some clients, which form the given wave if that
// is not 0. It is a pure function: the same steps, clients, progress and time
// give the same actions, and whoever drives it (the Runner, a workflow engine, a
// test) does the reading, writing and waiting. The actions may be done in any
// order or at the same time, one for each client; a single ActionWait or
// ActionFinish says that there is nothing to do now.
//
// Steps are taken in order, each for all clients before the next. A step is
// taken once those it needs are done. An effect is applied only right after the
// step's Check said so, with every need proved afresh, in this session and after
// the client's last effect. A client that is blocked or has failed goes no
// further in this session and does not hold up the others.
func Next(steps []StepInfo, clients []string, wave int, p *Progress, now time.Time) []Action {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m := newMachine(steps, clients, wave, p, now)
	for i := range steps {
		if actions := m.step(&steps[i]); len(actions) > 0 {
			return actions
		}
	}
	if !m.wake.IsZero() {
		return []Action{{Kind: ActionWait, Until: m.wake}}
	}
	return []Action{{Kind: ActionFinish}}
}

// due reports whether an action that Next gave still is what it would give.
func due(steps []StepInfo, clients []string, wave int, p *Progress, now time.Time, a Action) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	m := newMachine(steps, clients, wave, p, now)
	got, ok := m.next(m.info(a.Step), a.unit())
	return ok && got == a
}

type machine struct {
	clients  []string
	wave     int
	progress *Progress
	now      time.Time
	steps    []StepInfo
	wake     time.Time // the earliest time at which something waiting is due
}

func newMachine(steps []StepInfo, clients []string, wave int, p *Progress, now time.Time) *machine {
	return &machine{clients: clients, wave: wave, progress: p, now: now, steps: steps}
}

// info is the step of that name; plans have few.
func (m *machine) info(name string) *StepInfo {
	for i := range m.steps {
		if m.steps[i].Name == name {
			return &m.steps[i]
		}
	}
	return &StepInfo{}
}

// step is what is to be done about one step, for all units. No two actions have
// their effect on the same target (I5), or put the same question.
func (m *machine) step(s *StepInfo) []Action {
	if s.Scope == PerWave {
		return m.stepOfWave(s)
	}
	var actions []Action
	var taken map[string]bool
	for _, client := range m.clients {
		u := unit{client: client}
		a, ok := m.next(s, u)
		if !ok {
			continue
		}
		if key := m.shared(a); key != "" {
			if taken[key] {
				continue
			}
			if taken == nil {
				taken = map[string]bool{}
			}
			taken[key] = true
		}
		actions = append(actions, a)
	}
	return actions
}

// shared is what two clients may have in common of an action: the target of an
// effect, or the question to a person.
func (m *machine) shared(a Action) string {
	switch a.Kind {
	case ActionApply:
		return "target " + m.progress.see(a.unit(), a.Step).target
	case ActionAsk:
		return "task " + m.progress.see(a.unit(), a.Step).task.ID
	}
	return ""
}

// stepOfWave is next for the wave; where its needs are stale, a Check of every
// client's.
func (m *machine) stepOfWave(s *StepInfo) []Action {
	if m.wave == 0 {
		return nil
	}
	u := unit{wave: m.wave}
	a, ok := m.next(s, u)
	switch {
	case !ok:
		return nil
	case a.Client != "":
		return m.staleNeeds(s, u, len(m.clients))
	}
	return []Action{a}
}

// units are what a step is taken for.
func (m *machine) units(s *StepInfo) []unit {
	if s.Scope == PerWave {
		return []unit{{wave: m.wave}}
	}
	units := make([]unit, len(m.clients))
	for i, c := range m.clients {
		units[i].client = c
	}
	return units
}

// next says what to do about one step of one unit; false: nothing now.
func (m *machine) next(s *StepInfo, u unit) (Action, bool) {
	if m.progress.stopped(u) || !m.needsMet(s, u) {
		return Action{}, false
	}
	sp := m.progress.see(u, s.Name)
	check := Action{Kind: ActionCheck, Client: u.client, Wave: u.wave, Step: s.Name}
	if !m.current(sp) && sp.state != Done && sp.state != Skipped {
		return m.first(s, u, check)
	}
	switch sp.state {
	case Done, Skipped:
		// What nothing precedes is looked at in every session: the world may have
		// moved. The rest stands until something it needs has become done anew.
		return check, (len(s.Needs) == 0 && !m.current(sp)) || sp.checked < m.newestNeed(s, u)
	case Waiting:
		if m.now.Before(sp.until) {
			m.wakeAt(sp.until)
			return Action{}, false
		}
		return check, true
	case Manual:
		return m.manual(sp, check)
	case Todo:
		return m.todo(s, u, sp, check)
	}
	return m.first(s, u, check) // Pending after an effect, or Unknown: read first
}

// first checks a step that was not looked at since the last change. Where it
// destroys and has not begun, its needs are proved afresh before it and not
// after, so that its own Check is the last read before the effect.
func (m *machine) first(s *StepInfo, u unit, check Action) (Action, bool) {
	if s.Destructive && m.progress.see(u, s.Name).lastEffect() <= m.progress.session {
		if stale := m.staleNeeds(s, u, 1); len(stale) > 0 {
			return stale[0], true
		}
	}
	return check, true
}

func (m *machine) manual(sp *stepProgress, check Action) (Action, bool) {
	task := m.progress.tasks[sp.task.ID]
	switch {
	case task != nil && task.answered > sp.checked:
		return check, true
	case task != nil && task.asked > m.progress.session:
		return Action{}, false // nobody has answered, or the answer was no
	}
	check.Kind = ActionAsk
	return check, true
}

// todo applies the effect, once every need and then the step itself have been
// checked after the last effect, on the unit or on a target that it shares.
func (m *machine) todo(s *StepInfo, u unit, sp *stepProgress, check Action) (Action, bool) {
	if stale := m.staleNeeds(s, u, 1); len(stale) > 0 {
		return stale[0], true
	}
	newest := max(m.progress.lastEffect(u), m.progress.targets[targetKey{s.Name, sp.target}])
	for _, need := range s.Needs {
		for nu := range m.needUnits(need, u) {
			newest = max(newest, m.progress.see(nu, need).checked)
		}
	}
	if sp.checked < newest {
		return check, true
	}
	check.Kind = ActionApply
	return check, true
}

// staleNeeds are Checks of the needs that were not proved in this session, after
// the last effect on what they are about, and lately: the first of each unit, of
// as many units as are wanted.
func (m *machine) staleNeeds(s *StepInfo, u unit, most int) []Action {
	var stale []Action
	var seen map[unit]bool
	if most > 1 {
		seen = map[unit]bool{}
	}
	for _, need := range s.Needs {
		for nu := range m.needUnits(need, u) {
			np := m.progress.see(nu, need)
			young := u.wave > 0 || m.now.Sub(np.at) < fresh
			if m.current(np) && np.checked >= m.progress.lastEffect(nu) && young || seen[nu] {
				continue
			}
			if most > 1 {
				seen[nu] = true
			}
			if stale = append(stale, Action{Kind: ActionCheck, Client: nu.client, Wave: nu.wave, Step: need}); len(stale) == most {
				return stale
			}
		}
	}
	return stale
}

// current reports whether the step was checked in this session.
func (m *machine) current(sp *stepProgress) bool { return sp.checked > m.progress.session }

// needUnits yields the units in which a need must be done: the client itself, its
// wave, or, for a step of a wave, every client of it that goes on.
func (m *machine) needUnits(need string, u unit) iter.Seq[unit] {
	return func(yield func(unit) bool) {
		switch {
		case m.info(need).Scope == PerWave:
			yield(unit{wave: m.wave})
			return
		case u.wave == 0:
			yield(u)
			return
		}
		for _, c := range m.clients {
			if nu := (unit{client: c}); !m.progress.stopped(nu) && !m.leftOut(nu) && !yield(nu) {
				return
			}
		}
	}
}

// leftOut reports whether a client waits for a person who was asked and has not
// answered, before anything was done to it: it holds up nobody.
func (m *machine) leftOut(u unit) bool {
	if m.progress.touched(u.client) {
		return false
	}
	for _, sp := range m.progress.of(u).steps {
		if sp.state != Manual || sp.task == nil || !m.current(sp) {
			continue
		}
		if task := m.progress.tasks[sp.task.ID]; task != nil && task.asked > m.progress.session && task.answered <= sp.checked {
			return true
		}
	}
	return false
}

func (m *machine) needsMet(s *StepInfo, u unit) bool {
	for _, need := range s.Needs {
		nobody := true // goes on
		for nu := range m.needUnits(need, u) {
			nobody = false
			if state := m.progress.see(nu, need).state; state != Done && state != Skipped {
				return false
			}
		}
		if nobody {
			return false
		}
	}
	return true
}

func (m *machine) newestNeed(s *StepInfo, u unit) int {
	newest := 0
	for _, need := range s.Needs {
		for nu := range m.needUnits(need, u) {
			newest = max(newest, m.progress.see(nu, need).became)
		}
	}
	return newest
}

func (m *machine) wakeAt(t time.Time) {
	if m.wake.IsZero() || t.Before(m.wake) {
		m.wake = t
	}
}
