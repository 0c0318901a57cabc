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
	err = s.preview(ctx)
	report := s.report()
	report.Preview = true
	return report, err
}

// preview takes every step for all clients, as one wave, and folds the verdicts
// into the progress of the preview only.
func (s *session) preview(ctx context.Context) error {
	ctx = transport.WithReadOnly(ctx)
	clients := s.Plan.Spec.codes()
	s.fold(Record{Kind: KindSession, Digest: digest(s.Plan.Spec)})
	s.fold(Record{Kind: KindWave, Clients: clients})
	wave := s.progress.Wave(clients[0])
	for _, info := range s.infos {
		m := newMachine(s.infos, clients, wave, s.progress, time.Now())
		var actions []Action
		for _, u := range m.units(&info) {
			if !s.progress.stopped(u) {
				actions = append(actions, Action{Client: u.client, Wave: u.wave, Step: info.Name})
			}
		}
		err := s.each(ctx, actions, func(a Action) error { return s.foresee(ctx, clients, wave, a) })
		if err != nil {
			return err
		}
		if len(s.unknown) > 0 && info.Name == StepResolve {
			return &UnknownClientsError{s.unknown}
		}
	}
	return nil
}

// foresee checks a step whose needs are met, and says of any other what it would
// do.
func (s *session) foresee(ctx context.Context, clients []string, wave int, a Action) error {
	step := s.steps[a.Step]
	look := step.Foresee
	s.progress.mu.RLock()
	met := newMachine(s.infos, clients, wave, s.progress, time.Now()).needsMet(&step.StepInfo, a.unit())
	s.progress.mu.RUnlock()
	switch {
	case met:
		look = step.Check
	case look == nil:
		look = func(context.Context, View) (Verdict, error) {
			return Verdict{State: Todo, Reason: step.Does}, nil
		}
	}
	v, err := look(ctx, s.view(clients, a))
	if v, err = s.judge(ctx, a, v, err); v.State == "" {
		return err
	}
	s.fold(s.checked(a, v))
	return err
}

// fold applies a record that is not written anywhere.
func (s *session) fold(rec Record) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	seq, _ := s.progress.now()
	rec.Seq, rec.Time = seq+1, time.Now().UTC()
	s.progress.apply(rec)
}
