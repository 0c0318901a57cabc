package offboard

import "time"

// Event is something that happened in a run: RunBegan, WaveBegan, StepMoved,
// EffectBegan, EffectEnded, TaskAsked, TaskAnswered, RunHeld, RunEnded or Missed.
// Events are a fold of the journal, so they hold ids, codes and counts, and of
// people only who answered (I8).
type Event interface{ event() }

// At is where and when an event happened. Client is empty for a step of a wave,
// Wave is 0 for a step of a client.
type At struct {
	Time   time.Time
	Client string
	Wave   int
	Step   string
}

type (
	// RunBegan says that a session of the run began.
	RunBegan struct{ At }
	// WaveBegan says which clients are taken out together from now on.
	WaveBegan struct {
		At
		Clients []string
	}
	// StepMoved says that a Check has found a step in another state, or in the same
	// one for another reason.
	StepMoved struct {
		At
		From, To State
		Rule     string
		Reason   string
		Proof    Proof
	}
	// EffectBegan says that an effect is about to be sent.
	EffectBegan struct {
		At
		Target      string
		Destructive bool
	}
	// EffectEnded says how it ended: Done, Failed (refused, nothing was done) or
	// Unknown.
	EffectEnded struct {
		At
		Target string
		State  State
		Reason string
	}
	// TaskAsked says that a person is asked; or, with a Reason, why the answer that
	// By gave did not do. By is empty where it is not known.
	TaskAsked struct {
		At
		Task   Task
		Reason string
		By     string
	}
	// TaskAnswered says that a person has answered.
	TaskAnswered struct {
		At
		Task Task
		By   string
	}
	// RunHeld says that no wave begins before Until, since a quota is used up.
	RunHeld struct {
		At
		Until  time.Time
		Reason string
	}
	// RunEnded says that the session ended; Reason is empty where it ended by itself.
	RunEnded struct {
		At
		Reason string
	}
	// Missed says that the listener was too slow for so many events. The journal
	// has them all.
	Missed struct{ Events int }
)

func (At) event()     {}
func (Missed) event() {}

// eventOf folds a record into the progress and returns what it means; nil where
// it says nothing new.
func eventOf(p *Progress, r Record) Event {
	at := At{r.Time, r.Client, r.Wave, r.Step}
	before := p.seen(unit{r.Client, r.Wave}, r.Step)
	p.apply(r)
	switch r.Kind {
	case KindSession:
		return RunBegan{at}
	case KindWave:
		return WaveBegan{at, r.Clients}
	case KindHeld:
		return RunHeld{at, r.Until, r.Reason}
	case KindEnded:
		return RunEnded{at, r.Reason}
	case KindIntent:
		return EffectBegan{at, r.Target, r.Destructive}
	case KindOutcome:
		return EffectEnded{at, r.Target, r.State, r.Reason}
	case KindAsked:
		asked := TaskAsked{At: at, Task: *r.Task, Reason: r.Reason}
		if r.Answer != nil {
			asked.By = r.Answer.By
		}
		return asked
	case KindAnswered:
		return TaskAnswered{at, *r.Task, r.Answer.By}
	}
	if before.checked > 0 && before.state == r.State && before.reason == r.Reason {
		return nil
	}
	return StepMoved{at, before.state, r.State, r.Rule, r.Reason, r.Proof}
}
