package offboard

import (
	"context"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// Preview is the dry run: it says where every step stands and what it would do.
// It sends nothing but reads, which the transport of the clients enforces, and
// writes neither journal nor evidence. Steps that wait for an effect say what
// they foresee.
func (r Runner) Preview(ctx context.Context) (Report, error) {
	s, err := r.begin(ctx)
	if err != nil {
		return Report{}, err
	}
	ctx = transport.WithReadOnly(ctx)
	s.fold(Record{Kind: KindSession, Digest: digest(r.Plan.Spec)})
	for _, info := range s.infos {
		m := newMachine(s.infos, r.Plan.Spec.codes(), s.progress, time.Now())
		for _, unit := range m.units(info) {
			if m.stopped(unit) {
				continue
			}
			if err := s.foresee(ctx, m, info, unit); err != nil {
				return s.preview(), err
			}
		}
		if len(s.unknown) > 0 && info.Name == StepResolve {
			return s.preview(), &UnknownClientsError{s.unknown}
		}
	}
	return s.preview(), nil
}

func (s *session) preview() Report {
	report := s.report()
	report.Preview = true
	return report
}

// foresee folds the verdict of one step into the progress of the preview only.
func (s *session) foresee(ctx context.Context, m *machine, info StepInfo, unit string) error {
	a := Action{Client: unit, Step: info.Name}
	step := s.steps[info.Name]
	look := step.Foresee
	switch {
	case m.needsMet(info, unit):
		look = step.Check
	case look == nil:
		look = func(context.Context, View) (Verdict, error) {
			return Verdict{State: Todo, Reason: info.Does}, nil
		}
	}
	v, err := look(ctx, s.view(a))
	if err != nil {
		if v, err = s.judge(ctx, a, err); v.State == "" {
			return err
		}
	}
	s.fold(s.checked(a, v))
	return err
}

// fold applies a record that is not written anywhere.
func (s *session) fold(rec Record) {
	rec.Seq, rec.Time = s.progress.seq+1, time.Now().UTC()
	s.progress.apply(rec)
}
