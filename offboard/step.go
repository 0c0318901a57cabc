package offboard

import (
	"context"
	"slices"
	"strings"
	"time"
)

// State is where a step stands.
type State string

const (
	Pending State = "pending" // what it needs is not done yet
	Todo    State = "todo"    // checked: there is an effect to apply
	Done    State = "done"    // checked: what it wants is so
	Waiting State = "waiting" // for a sync, an operation or a quota
	Manual  State = "manual"  // a person has to do or approve something
	Blocked State = "blocked" // a rule forbids to go on
	Failed  State = "failed"  // something went wrong; a later run tries again
	Unknown State = "unknown" // an effect may or may not have happened: read first
	Skipped State = "skipped" // not wanted by the policy
)

// Proof says how something was learnt.
type Proof string

const (
	Read     Proof = "read"     // a program asked the vendor, after the effect before it
	Attested Proof = "attested" // a person answered: question, answer, who and when are in the journal
)

// Scope says whether a step is taken once for each client or once for each wave
// of clients.
type Scope string

const (
	PerClient Scope = "client"
	PerWave   Scope = "wave"
)

// StepInfo is a step as data: all that the order of a run depends on.
type StepInfo struct {
	Name string `json:"name"`
	// Does says in a few words what the step does, for people.
	Does string `json:"does"`
	// Rule names the rules and invariants behind it: "R1, R2, I1".
	Rule string `json:"rule,omitempty"`
	// Needs are the steps before it that must be done, and proved afresh after
	// the client's last effect, before this step may have an effect.
	Needs []string `json:"needs,omitempty"`
	// Destructive steps must need an export of the history and an approval.
	Destructive bool  `json:"destructive,omitempty"`
	Scope       Scope `json:"scope"`
	// Costs are the calls of XPM that the step makes, by which a run is forecast.
	Costs Costs `json:"costs,omitzero"`
}

// Step is a StepInfo with its functions. Steps are values: a plan is a slice of
// them and may be extended and reordered by ordinary code (see [Plan.Validate]).
type Step struct {
	StepInfo
	// Check reads, and says where the step stands. It is called again and again
	// and must not change anything: its context refuses every call of the three
	// clients that is not a read.
	Check func(context.Context, View) (Verdict, error)
	// Apply has one effect, on the target that Check named first. It is called
	// only right after a Check that said Todo, and after the intent is durable.
	// An error that wraps ErrNotFound, ErrUnauthorized, ErrForbidden, ErrConflict,
	// ErrRateLimited, ErrReadOnly or ErrCapabilityUnavailable of a client, and
	// not ErrOutcomeUnknown, means that nothing was done; any other leaves it
	// open, and Check is asked. Nil where Check never says Todo.
	Apply func(ctx context.Context, v View, target string) (Applied, error)
	// Foresee says, in a preview, what the step would do once the steps before
	// it have run. It only reads. Nil: the preview shows Does.
	Foresee func(context.Context, View) (Verdict, error)
}

// Verdict is what a Check found.
type Verdict struct {
	State  State
	Rule   string // the rule that decided; empty: the step's own
	Reason string // for people; ids, codes and counts, never names (I8)
	Proof  Proof  // of Done
	// Target names the one effect that is next when State is Todo: an id.
	Target string
	// Until is when to check again when State is Waiting; zero: soon.
	Until time.Time
	// Task is what a person is asked when State is Manual.
	Task *Task
	// Facts holds what was learnt; parts that are nil stay as they were.
	Facts Facts
	// Details appear in the report as the step's evidence.
	Details map[string]string
	// Kept lists what stays behind, and why.
	Kept []Kept
	// Findings are what was looked at before the client is touched (P10). Nil
	// leaves those of the Check before it.
	Findings []Finding
	// Files are evidence files to be written before the verdict is recorded.
	Files []EvidenceFile
}

// Kept is one thing that stays behind.
type Kept struct {
	What string `json:"what"` // contact, folder, history, entity
	ID   string `json:"id"`
	Why  string `json:"why"`
	Rule string `json:"rule,omitempty"`
}

// EvidenceFile is a small file for the evidence directory. A file of that name
// that exists already is left as it is.
type EvidenceFile struct {
	Name string
	Data []byte
}

// Applied is what an effect that was done has told.
type Applied struct {
	Facts   Facts
	Details map[string]string
}

// View is what a step sees: the specification, its client, and what the journal
// knows. Steps keep nothing of their own between calls.
type View struct {
	Spec   Spec
	Entity Entity // zero in a step of a wave
	Facts  Facts  // of the client, or of the wave
	Now    time.Time

	clients  []string // of the wave, or the one
	parallel int      // how many calls may be under way at a time
	wanted   string   // digest of what is wanted for every client
	unit     unit
	step     StepInfo
	progress *Progress
	evidence Evidence
}

// Client returns what is known of another client of the run.
func (v View) Client(code string) Facts { return v.progress.Facts(code) }

// Clients are the Client Codes of the wave; in a step of a client, its own.
func (v View) Clients() []string { return v.clients }

// Answer returns the answer of a person to a task, if there is one.
func (v View) Answer(taskID string) (Answer, bool) {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	if t := v.progress.tasks[taskID]; t != nil && t.answered > 0 {
		return t.answer, true
	}
	return Answer{}, false
}

// Touched reports whether anything that leads to the removal of the client was
// begun: from then on its history may be gone from Nimbus (R1, I1).
func (v View) Touched() bool {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	return v.progress.touched(v.Entity.Code)
}

// Evidence gives access to the evidence files.
func (v View) Evidence() Evidence { return v.evidence }

// mine is where the step stands for this unit.
func (v View) mine() stepProgress { return v.progress.seen(v.unit, v.step.Name) }

// effects are what this step has tried on this unit, oldest first.
func (v View) effects() []effect { return v.mine().effects }

// session is the first record of this session.
func (v View) session() int {
	_, session := v.progress.now()
	return session
}

// answeredBefore counts the tasks of this step whose IDs begin like this and that
// people answered in earlier sessions. In the ID of the next one it makes that a new
// question, under the same ID until somebody answers.
func (v View) answeredBefore(id string) (n int) {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	for asked, t := range v.progress.tasks {
		if t.answered > 0 && t.answered < v.progress.session && strings.HasPrefix(asked, v.step.Name+"/"+id) {
			n++
		}
	}
	return n
}

// justDone reports whether the client's newest effect is this step's, on this
// target, was done in this session, and was not looked at since: its answer is
// then the fresh read.
func (v View) justDone(target string) bool {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	mine := v.progress.see(v.unit, v.step.Name)
	if len(mine.effects) == 0 {
		return false
	}
	last := mine.effects[len(mine.effects)-1]
	return last.target == target && last.state == Done && last.seq > v.progress.session &&
		last.seq >= v.progress.lastEffect(v.unit) && mine.checked < last.seq
}

// since is the journal record at which the last of the steps that this one
// needs became done: what this step relies on must have begun after it.
func (v View) since() int {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	newest := 0
	for _, need := range v.step.Needs {
		newest = max(newest, v.progress.see(v.unit, need).became)
		for _, client := range v.clients {
			newest = max(newest, v.progress.see(unit{client: client}, need).became)
		}
	}
	return newest
}

// did reports whether this step recorded an effect on the target as done.
func (v View) did(target string) bool {
	for _, e := range v.effects() {
		if e.target == target && e.state == Done {
			return true
		}
	}
	return false
}

// unproved reports whether this session had the step's effect on the target, and
// no read has shown it so far: what is read may be older than the effect.
func (v View) unproved(target string) bool {
	mine := v.mine()
	for _, e := range slices.Backward(mine.effects) {
		if e.target == target && e.state == Done {
			return e.seq > v.session() && mine.became < e.seq
		}
	}
	return false
}
