package offboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// Runner takes a plan through: it asks the pure [Next] what to do, does it, and
// records it. It may be stopped at any instant and started again with the same
// journal.
type Runner struct {
	Plan    Plan
	Journal Journal
	// Operator answers approvals and the tasks of people, one at a time; nil:
	// nobody does.
	Operator Operator
	// Wait bounds how long Run waits for syncs, operations and quotas before it
	// returns (I7); zero means not at all.
	Wait time.Duration
	// Batch says how many clients are taken out together, and when to stop. Its
	// zero value is careful.
	Batch Batch
	// Approved, if set, is the plan that the run is held to: a client whose
	// preconditions have changed since ends it with a *StalePlanError, before
	// anything is written but the journal.
	Approved *PlanFile
	// OnRecord, if set, sees every record once it is durable, one at a time. It
	// must return quickly: a [Feed] is what a slow listener needs.
	OnRecord func(Record)
	// Logger gets metadata only; nil: silent.
	Logger *slog.Logger
}

// UnknownClientsError says that no system and no journal knows some of the
// clients. Nothing was touched.
type UnknownClientsError struct{ Codes []string }

func (e *UnknownClientsError) Error() string {
	return fmt.Sprintf("no system and no journal knows the client codes %q: check their spelling; nothing was touched", e.Codes)
}

// Run goes on until every client is done, blocked or failed, or until what is
// left waits for a sync, a quota or a person. The same call again continues.
//
// The report tells where every client stands; the error is for what stops the
// whole run: a *SpecError, *PlanError, *CapError, *StalePlanError or
// *UnknownClientsError before anything was touched, a *HaltError where too much
// went wrong or somebody stopped it, refused credentials, a journal or evidence
// that cannot be written (then nothing further was sent, I6), or the end of the
// context. A report comes with the error wherever the journal could be read.
func (r Runner) Run(ctx context.Context) (Report, error) {
	s, err := r.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	started := time.Now()
	err = s.writeEvidence(EvidenceFile{Name: specFile(digest(r.Plan.Spec)), Data: mustIndent(r.Plan.Spec)})
	if err == nil {
		err = s.record(ctx, Record{Kind: KindSession, Digest: digest(r.Plan.Spec)})
	}
	if err == nil {
		err = s.drive(ctx, started.Add(r.Wait))
	}
	if ended := s.record(ctx, Record{Kind: KindEnded, Reason: endReason(err)}); err == nil {
		err = ended
	}
	return s.report(), err
}

func endReason(err error) string {
	var halt *HaltError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &halt):
		return halt.Reason
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "interrupted"
	}
	return "stopped by an error"
}

func mustIndent(v any) []byte {
	data, _ := json.MarshalIndent(v, "", "  ") // a Spec has nothing that cannot be marshalled
	return append(data, '\n')
}

// Report folds the journal and tells where every client stands. Nothing is asked
// of any system, and nothing is written.
func (r Runner) Report(ctx context.Context) (Report, error) {
	progress, err := Replay(ctx, r.Journal)
	if err != nil {
		return Report{}, err
	}
	return newSession(r, progress).report(), nil
}

// session is one call of Run or Preview.
type session struct {
	Runner
	progress *Progress
	steps    map[string]Step
	infos    []StepInfo
	entities map[string]Entity
	wanted   string        // digest of what is wanted for every client
	log      committer     // of the journal
	asking   chan struct{} // held while a person is asked

	mu      sync.Mutex
	unknown []string // codes that resolve found nowhere
	// unavailable counts the Checks in a row that found a server unavailable.
	unavailable int
}

func newSession(r Runner, progress *Progress) *session {
	s := &session{Runner: r, progress: progress, steps: map[string]Step{}, infos: r.Plan.infos(), entities: map[string]Entity{},
		wanted: r.Plan.Spec.wanted(), asking: make(chan struct{}, 1)}
	if s.Operator == nil {
		s.Operator = OperatorFunc(func(context.Context, Task) (Answer, error) { return Answer{}, ErrNoAnswer })
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	for _, step := range r.Plan.Steps {
		s.steps[step.Name] = step
	}
	for _, e := range r.Plan.Spec.Entities {
		s.entities[e.Code] = e
	}
	return s
}

func (r Runner) begin(ctx context.Context) (*session, error) {
	if err := r.Plan.Spec.Validate(time.Now()); err != nil {
		return nil, err
	}
	if err := r.Plan.Validate(); err != nil {
		return nil, err
	}
	if err := r.Batch.admits(len(r.Plan.Spec.Entities)); err != nil {
		return nil, err
	}
	progress, err := Replay(ctx, r.Journal)
	if err != nil {
		return nil, err
	}
	return newSession(r, progress), nil
}

// work does for some clients what the machine says, until it has nothing to do
// now; wake is when there is something again, zero if not in this session.
func (s *session) work(ctx context.Context, steps []StepInfo, clients []string, wave int) (wake time.Time, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return time.Time{}, err // I7: a cancelled run starts nothing new
		}
		actions := Next(steps, clients, wave, s.progress, time.Now())
		switch actions[0].Kind {
		case ActionWait:
			return actions[0].Until, nil
		case ActionFinish:
			return time.Time{}, nil
		}
		err := s.each(ctx, actions, func(a Action) error {
			// Others were served before it, which may have taken long.
			if a.Kind == ActionApply && !due(steps, clients, wave, s.progress, time.Now(), a) {
				return nil
			}
			return s.act(ctx, clients, a)
		})
		if err != nil {
			return time.Time{}, err
		}
		if len(s.unknown) > 0 {
			return time.Time{}, &UnknownClientsError{s.unknown}
		}
	}
}

// each does the actions, as many at a time as the Batch allows.
func (s *session) each(ctx context.Context, actions []Action, do func(Action) error) error {
	return inParallel(ctx, s.Batch.parallel(), len(actions), func(_ context.Context, i int) error { return do(actions[i]) })
}

func (s *session) act(ctx context.Context, clients []string, a Action) error {
	if a.Kind == ActionCheck {
		return s.check(ctx, clients, a)
	}
	if err := s.Batch.halted(); err != nil {
		return err
	}
	if a.Kind == ActionAsk {
		return s.ask(ctx, a)
	}
	return s.applyEffect(ctx, clients, a)
}

func sleepUntil(ctx context.Context, t time.Time) error {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (s *session) view(clients []string, a Action) View {
	if a.Client != "" {
		clients = []string{a.Client}
	}
	s.progress.mu.RLock()
	defer s.progress.mu.RUnlock()
	return View{
		Spec: s.Plan.Spec, Entity: s.entities[a.Client], Facts: s.progress.facts(a.unit()), Now: time.Now(),
		clients: clients, parallel: s.Batch.parallel(), wanted: s.wanted, unit: a.unit(), step: s.steps[a.Step].StepInfo, progress: s.progress, evidence: s.Journal,
	}
}

// check reads under a context in which nothing but reads can be sent, and
// records the verdict.
func (s *session) check(ctx context.Context, clients []string, a Action) error {
	v, err := s.steps[a.Step].Check(transport.WithReadOnly(ctx), s.view(clients, a))
	if v, err = s.judge(ctx, a, v, err); v.State == "" {
		return err
	}
	switch {
	case v.State == Manual && v.Task == nil:
		v = Verdict{State: Failed, Reason: "the step asks a person and does not say what: its Check returns no Task"}
	case v.State == Todo && s.steps[a.Step].Apply == nil:
		v = Verdict{State: Failed, Reason: "the step has something to do and no Apply"}
	}
	for _, f := range v.Files {
		if err := s.writeEvidence(f); err != nil {
			return err
		}
	}
	return errors.Join(s.record(ctx, s.checked(a, v)), err)
}

// maxRepeats is how often one session does the same to the same target, although
// each time it was done.
const maxRepeats = 2

// checked is the record of a verdict.
func (s *session) checked(a Action, v Verdict) Record {
	mine := s.progress.seen(a.unit(), a.Step)
	if n := s.doneInSession(mine, v.Target); v.State == Todo && n >= maxRepeats {
		v = Verdict{State: Failed, Rule: "I5, I6", Reason: fmt.Sprintf("it was done %d times, and a read still says that it was not: what the system tells cannot be relied on", n)}
	}
	if v.State == Waiting && v.Until.IsZero() {
		v.Until = time.Now().Add(pollInterval(mine.waits))
	}
	rule := v.Rule
	if rule == "" {
		rule = s.steps[a.Step].Rule
	}
	return Record{
		Kind: KindChecked, Client: a.Client, Wave: a.Wave, Step: a.Step, Target: v.Target, State: v.State, Rule: rule, Reason: v.Reason,
		Proof: v.Proof, Until: v.Until, Facts: v.Facts.orNil(), Details: v.Details, Kept: v.Kept, Findings: v.Findings, Files: v.recorded(), Task: v.Task,
	}
}

// recorded are the files of a verdict with their digests, without the snapshot,
// which the facts name.
func (v Verdict) recorded() (files []RecordedFile) {
	for _, f := range v.Files {
		if s := v.Facts.Snapshot; s != nil && s.File == f.Name {
			continue
		}
		files = append(files, RecordedFile{f.Name, hexSHA256(f.Data)})
	}
	return files
}

func (s *session) doneInSession(mine stepProgress, target string) (n int) {
	_, session := s.progress.now()
	for _, e := range mine.effects {
		if e.target == target && e.state == Done && e.seq > session {
			n++
		}
	}
	return n
}

// pollInterval doubles from half a second up to a minute.
func pollInterval(waits int) time.Duration {
	return min(time.Minute, 500*time.Millisecond<<min(waits, 10))
}

// applyEffect has the step's one effect, between a durable intent and a durable
// outcome (I6).
func (s *session) applyEffect(ctx context.Context, clients []string, a Action) error {
	step, target := s.steps[a.Step], s.progress.seen(a.unit(), a.Step).target
	intent := Record{Kind: KindIntent, Client: a.Client, Wave: a.Wave, Step: a.Step, Target: target, Destructive: step.Destructive}
	if err := s.record(ctx, intent); err != nil {
		return err
	}
	applied, err := step.Apply(ctx, s.view(clients, a), target)
	outcome := Record{Kind: KindOutcome, Client: a.Client, Wave: a.Wave, Step: a.Step, Target: target, State: Done,
		Facts: applied.Facts.orNil(), Details: applied.Details, Rule: step.Rule}
	if err != nil {
		outcome.State, outcome.Reason = Unknown, err.Error()
		switch {
		case isRateLimited(err):
			outcome.State, outcome.Until = Failed, time.Now().Add(max(retryAfter(err), time.Second))
		case isRefused(err) && ctx.Err() != nil:
			outcome.State, outcome.Until = Failed, time.Now() // interrupted before anything was sent
		case isRefused(err):
			outcome.State = Failed
		}
	}
	if recorded := s.record(ctx, outcome); recorded != nil {
		return recorded
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case isUnauthorized(err), errors.As(err, new(*EvidenceError)):
		return fmt.Errorf("%s: %w", a.Step, err)
	}
	return nil
}

// ask puts the step's task before the operator and records question and answer.
func (s *session) ask(ctx context.Context, a Action) error {
	select {
	case s.asking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.asking }()
	task := s.progress.seen(a.unit(), a.Step).task
	asked := Record{Kind: KindAsked, Client: a.Client, Wave: a.Wave, Step: a.Step, Task: task, Destructive: s.steps[a.Step].Destructive && !task.Approval}
	if err := s.record(ctx, asked); err != nil {
		return err
	}
	answer, err := s.Operator.Ask(ctx, *task)
	switch {
	case errors.Is(err, ErrNoAnswer):
		return nil
	case err != nil:
		return fmt.Errorf("asking about %s: %w", task.ID, err)
	}
	if answer.At.IsZero() {
		answer.At = time.Now().UTC()
	}
	// An answer that does not do is not recorded as one: the same is asked again
	// in the next session.
	if !answer.Yes {
		asked.Answer, asked.Reason = &answer, "declined, or not done yet"
		return s.record(ctx, asked)
	}
	if problem := task.misfit(answer); problem != "" {
		asked.Reason = "the answer does not fit the task: " + problem
		return s.record(ctx, asked)
	}
	asked.Kind, asked.Answer = KindAnswered, &answer
	return s.record(ctx, asked)
}

// EvidenceError says that the journal or an evidence file could not be written
// or read. Nothing is sent to a system after it (I6).
type EvidenceError struct {
	Name string
	Err  error
}

func (e *EvidenceError) Error() string {
	return fmt.Sprintf("%s cannot be used: %v: mend the disk or the directory and run the same again", e.Name, e.Err)
}

func (e *EvidenceError) Unwrap() error { return e.Err }

func (s *session) writeEvidence(f EvidenceFile) error {
	err := s.Journal.Create(f.Name, func(w io.Writer) error {
		_, err := w.Write(f.Data)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return &EvidenceError{Name: f.Name, Err: err}
	}
	return nil
}
