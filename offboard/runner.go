package offboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// Runner takes a plan through: it asks the pure [Next] what to do, does it, and
// records it. It may be stopped at any instant and started again with the same
// journal.
type Runner struct {
	Plan    Plan
	Journal Journal
	// Operator answers approvals and the tasks of people; nil: nobody does.
	Operator Operator
	// Wait bounds how long Run waits for syncs, operations and quotas before it
	// returns (I7); zero means not at all.
	Wait time.Duration
	// OnRecord, if set, sees every record once it is durable. It must return quickly.
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
// left waits for a sync or a person. The same call again continues.
//
// The report tells where every client stands; the error is for what stops the
// whole run: a *SpecError, *PlanError or *UnknownClientsError before anything
// was touched, refused credentials, a journal or evidence that cannot be
// written (then nothing further was sent, I6), or the end of the context. A
// report comes with the error wherever the journal could be read.
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
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "interrupted"
	}
	return "stopped by an error"
}

func mustIndent(v any) []byte {
	data, _ := json.MarshalIndent(v, "", "  ") // a Spec has nothing that cannot be marshalled
	return append(data, '\n')
}

// session is one call of Run or Preview.
type session struct {
	Runner
	progress *Progress
	steps    map[string]Step
	infos    []StepInfo
	unknown  []string // codes that resolve found nowhere
	// unavailable counts the Checks in a row that found a server unavailable.
	unavailable int
}

func (r Runner) begin(ctx context.Context) (*session, error) {
	if err := r.Plan.Spec.Validate(time.Now()); err != nil {
		return nil, err
	}
	if err := r.Plan.Validate(); err != nil {
		return nil, err
	}
	progress, err := Replay(ctx, r.Journal)
	if err != nil {
		return nil, err
	}
	s := &session{Runner: r, progress: progress, steps: map[string]Step{}, infos: r.Plan.infos()}
	if s.Operator == nil {
		s.Operator = OperatorFunc(func(context.Context, Task) (Answer, error) { return Answer{}, ErrNoAnswer })
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	for _, step := range r.Plan.Steps {
		s.steps[step.Name] = step
	}
	return s, nil
}

// drive does what the machine says until it has nothing more to do.
func (s *session) drive(ctx context.Context, deadline time.Time) error {
	for {
		if err := ctx.Err(); err != nil {
			return err // I7: a cancelled run starts nothing new
		}
		a := Next(s.infos, s.Plan.Spec.codes(), s.progress, time.Now())
		if a.Step != StepResolve && len(s.unknown) > 0 {
			return &UnknownClientsError{s.unknown}
		}
		var err error
		switch a.Kind {
		case ActionCheck:
			err = s.check(ctx, a)
		case ActionApply:
			err = s.applyEffect(ctx, a)
		case ActionAsk:
			err = s.ask(ctx, a)
		case ActionWait:
			if !a.Until.Before(deadline) {
				return nil
			}
			err = sleepUntil(ctx, a.Until)
		case ActionFinish:
			return nil
		}
		if err != nil {
			return err
		}
	}
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

func (s *session) view(a Action) View {
	return View{
		Spec: s.Plan.Spec, Entity: s.Plan.Spec.entity(a.Client), Facts: s.progress.Facts(a.Client), Now: time.Now(),
		unit: a.Client, step: a.Step, needs: s.steps[a.Step].Needs, progress: s.progress, evidence: s.Journal,
	}
}

// check reads under a context in which nothing but reads can be sent, and
// records the verdict.
func (s *session) check(ctx context.Context, a Action) error {
	v, err := s.steps[a.Step].Check(transport.WithReadOnly(ctx), s.view(a))
	if err == nil {
		s.unavailable = 0
	} else if v, err = s.judge(ctx, a, err); v.State == "" {
		return err
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
	if n := s.doneInSession(a, v.Target); v.State == Todo && n >= maxRepeats {
		v = Verdict{State: Failed, Rule: "I5, I6", Reason: fmt.Sprintf("it was done %d times, and a read still says that it was not: what the system tells cannot be relied on", n)}
	}
	if v.State == Waiting && v.Until.IsZero() {
		v.Until = time.Now().Add(pollInterval(s.progress.see(a.Client, a.Step).waits))
	}
	rule := v.Rule
	if rule == "" {
		rule = s.steps[a.Step].Rule
	}
	return Record{
		Kind: KindChecked, Client: a.Client, Step: a.Step, Target: v.Target, State: v.State, Rule: rule, Reason: v.Reason,
		Proof: v.Proof, Until: v.Until, Facts: v.Facts.orNil(), Details: v.Details, Kept: v.Kept, Task: v.Task,
	}
}

func (s *session) doneInSession(a Action, target string) (n int) {
	for _, e := range s.progress.see(a.Client, a.Step).effects {
		if e.target == target && e.state == Done && e.seq > s.progress.session {
			n++
		}
	}
	return n
}

// pollInterval doubles from half a second up to a minute.
func pollInterval(waits int) time.Duration {
	return min(time.Minute, 500*time.Millisecond<<min(waits, 10))
}

// maxUnavailable is how many Checks in a row may find a server unavailable, each
// after the client's own retries, before the run ends rather than try it with
// every client.
const maxUnavailable = 3

// judge turns the error of a Check into a verdict, and returns an error where it
// ends the whole run.
func (s *session) judge(ctx context.Context, a Action, err error) (Verdict, error) {
	var unknown *UnknownClientsError
	switch {
	case ctx.Err() != nil:
		return Verdict{}, ctx.Err()
	case errors.As(err, &unknown):
		s.unknown = append(s.unknown, unknown.Codes...)
		return Verdict{State: Failed, Reason: "no system knows this client code"}, nil
	case isUnauthorized(err):
		return Verdict{State: Failed, Reason: err.Error()}, fmt.Errorf("%s: %w: nothing more is sent until the credentials are mended", a.Step, err)
	case isRateLimited(err):
		return Verdict{State: Waiting, Reason: err.Error(), Until: time.Now().Add(max(retryAfter(err), time.Second))}, nil
	}
	s.Logger.LogAttrs(ctx, slog.LevelWarn, "check failed", slog.String("client", a.Client), slog.String("step", a.Step))
	verdict := Verdict{State: Failed, Reason: err.Error()}
	if errors.Is(err, apierr.ErrUnavailable) {
		if s.unavailable++; s.unavailable >= maxUnavailable {
			return verdict, fmt.Errorf("%s: %w: so it was %d times in a row, and the run ends", a.Step, err, s.unavailable)
		}
	}
	return verdict, nil
}

// applyEffect has the step's one effect, between a durable intent and a durable
// outcome (I6).
func (s *session) applyEffect(ctx context.Context, a Action) error {
	step, target := s.steps[a.Step], s.progress.see(a.Client, a.Step).target
	intent := Record{Kind: KindIntent, Client: a.Client, Step: a.Step, Target: target, Destructive: step.Destructive}
	if err := s.record(ctx, intent); err != nil {
		return err
	}
	applied, err := step.Apply(ctx, s.view(a), target)
	outcome := Record{Kind: KindOutcome, Client: a.Client, Step: a.Step, Target: target, State: Done,
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
	task := s.progress.see(a.Client, a.Step).task
	asked := Record{Kind: KindAsked, Client: a.Client, Step: a.Step, Task: task, Destructive: s.steps[a.Step].Destructive && !task.Approval}
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

// record numbers and dates a record, makes it durable and only then folds it.
// Cancelling does not keep an outcome from being recorded.
func (s *session) record(ctx context.Context, rec Record) error {
	rec.Seq, rec.Time = s.progress.seq+1, time.Now().UTC()
	if err := s.Journal.Append(context.WithoutCancel(ctx), rec); err != nil {
		return &EvidenceError{Name: "the journal", Err: err}
	}
	s.progress.apply(rec)
	if s.OnRecord != nil {
		s.OnRecord(rec)
	}
	return nil
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
