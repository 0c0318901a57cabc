package offboard

import "time"

// ActionKind is what the machine wants done next.
type ActionKind string

const (
	ActionCheck  ActionKind = "check"  // call the step's Check and record its verdict
	ActionApply  ActionKind = "apply"  // record the intent, call Apply, record the outcome
	ActionAsk    ActionKind = "ask"    // put the step's task before a person
	ActionWait   ActionKind = "wait"   // nothing to do before Until
	ActionFinish ActionKind = "finish" // nothing left that this session can do
)

// Action is the next thing to do, for one client or (Client empty) the run.
type Action struct {
	Kind   ActionKind
	Client string
	Step   string
	Until  time.Time
}

// Next decides what to do next. It is a pure function: the same steps, clients,
// progress and time give the same action, and whoever drives it (the Runner, a
// workflow engine, a test) does the reading, writing and waiting.
//
// Steps are taken in order, each for all clients before the next. A step is
// taken once those it needs are done. An effect is applied only right after the
// step's Check said so, with every need proved afresh, in this session and after
// the client's last effect. A client that is blocked or has failed goes no
// further in this session and does not hold up the others.
func Next(steps []StepInfo, clients []string, p *Progress, now time.Time) Action {
	m := newMachine(steps, clients, p, now)
	for _, s := range steps {
		for _, unit := range m.units(s) {
			if a, ok := m.next(s, unit); ok {
				return a
			}
		}
	}
	if !m.wake.IsZero() {
		return Action{Kind: ActionWait, Until: m.wake}
	}
	return Action{Kind: ActionFinish}
}

type machine struct {
	clients  []string
	progress *Progress
	now      time.Time
	info     map[string]StepInfo
	stops    map[string]bool // by client, once it was looked at
	wake     time.Time       // the earliest time at which something waiting is due
}

func newMachine(steps []StepInfo, clients []string, p *Progress, now time.Time) *machine {
	m := &machine{clients: clients, progress: p, now: now, info: map[string]StepInfo{}, stops: map[string]bool{}}
	for _, s := range steps {
		m.info[s.Name] = s
	}
	return m
}

func (m *machine) units(s StepInfo) []string {
	if s.Scope == PerWave {
		return []string{""}
	}
	return m.clients
}

// next says what to do about one step of one unit; false: nothing now.
func (m *machine) next(s StepInfo, unit string) (Action, bool) {
	if m.stopped(unit) || !m.needsMet(s, unit) {
		return Action{}, false
	}
	sp := m.progress.see(unit, s.Name)
	check := Action{Kind: ActionCheck, Client: unit, Step: s.Name}
	if !m.current(sp) && sp.state != Done && sp.state != Skipped {
		return m.first(s, unit, check)
	}
	switch sp.state {
	case Done, Skipped:
		// What nothing precedes is looked at in every session: the world may have
		// moved. The rest stands until something it needs has become done anew.
		return check, (len(s.Needs) == 0 && !m.current(sp)) || sp.checked < m.newestNeed(s, unit)
	case Blocked, Failed:
		return Action{}, false // a step of the run; clients are stopped above
	case Waiting:
		if m.now.Before(sp.until) {
			m.wakeAt(sp.until)
			return Action{}, false
		}
		return check, true
	case Manual:
		return m.manual(sp, check)
	case Todo:
		return m.todo(s, unit, sp, check)
	}
	return m.first(s, unit, check) // Pending after an effect, or Unknown: read first
}

// first checks a step that was not looked at since the last change. Where it
// destroys and has not begun, its needs are proved afresh before it and not
// after, so that its own Check is the last read before the effect.
func (m *machine) first(s StepInfo, unit string, check Action) (Action, bool) {
	if s.Destructive && m.progress.see(unit, s.Name).lastEffect() <= m.progress.session {
		if need, stale := m.staleNeed(s, unit); stale {
			return need, true
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
	return Action{Kind: ActionAsk, Client: check.Client, Step: check.Step}, true
}

// todo applies the effect, once every need and then the step itself have been
// checked after the last effect.
func (m *machine) todo(s StepInfo, unit string, sp *stepProgress, check Action) (Action, bool) {
	if need, stale := m.staleNeed(s, unit); stale {
		return need, true
	}
	newest := m.progress.lastEffect(unit)
	for _, need := range s.Needs {
		for _, u := range m.needUnits(need, unit) {
			newest = max(newest, m.progress.see(u, need).checked)
		}
	}
	if sp.checked < newest {
		return check, true
	}
	return Action{Kind: ActionApply, Client: unit, Step: s.Name}, true
}

// staleNeed is the Check of the first need that was not proved in this session
// and after the last effect on what it is about.
func (m *machine) staleNeed(s StepInfo, unit string) (Action, bool) {
	for _, need := range s.Needs {
		for _, u := range m.needUnits(need, unit) {
			np := m.progress.see(u, need)
			if !m.current(np) || np.checked < m.progress.lastEffect(u) {
				return Action{Kind: ActionCheck, Client: u, Step: need}, true
			}
		}
	}
	return Action{}, false
}

// current reports whether the step was checked in this session.
func (m *machine) current(sp *stepProgress) bool { return sp.checked > m.progress.session }

// stopped reports whether the client goes no further in this session.
func (m *machine) stopped(unit string) bool {
	if unit == "" {
		return false
	}
	stopped, known := m.stops[unit]
	if !known {
		for name := range m.info {
			sp := m.progress.see(unit, name)
			stopped = stopped || (sp.state == Blocked || sp.state == Failed) && m.current(sp)
		}
		m.stops[unit] = stopped
	}
	return stopped
}

// needUnits lists the units in which a need must be done: the client itself,
// the run, or, for a step of the run, every client that is not stopped.
func (m *machine) needUnits(need, unit string) []string {
	switch {
	case m.info[need].Scope == PerWave:
		return []string{""}
	case unit != "":
		return []string{unit}
	}
	var going []string
	for _, c := range m.clients {
		if !m.stopped(c) {
			going = append(going, c)
		}
	}
	return going
}

func (m *machine) needsMet(s StepInfo, unit string) bool {
	for _, need := range s.Needs {
		units := m.needUnits(need, unit)
		if len(units) == 0 {
			return false // every client is stopped
		}
		for _, u := range units {
			if state := m.progress.see(u, need).state; state != Done && state != Skipped {
				return false
			}
		}
	}
	return true
}

func (m *machine) newestNeed(s StepInfo, unit string) int {
	newest := 0
	for _, need := range s.Needs {
		for _, u := range m.needUnits(need, unit) {
			newest = max(newest, m.progress.see(u, need).became)
		}
	}
	return newest
}

func (m *machine) wakeAt(t time.Time) {
	if m.wake.IsZero() || t.Before(m.wake) {
		m.wake = t
	}
}
