package offboard

import (
	"context"
	"sync"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// feedLength is how many events wait for a listener before it misses some.
const feedLength = 1024

// Feed tells a listener what happens in a run, and knows how far it is. The
// listener is called in a goroutine of its own, one event at a time, so a slow
// one never holds up the run; what is too much for it, it misses and is told so.
//
//	feed := offboard.NewFeed(plan, listener)
//	runner.OnRecord = feed.Record
//	report, err := runner.Run(ctx)
//	feed.Close()
type Feed struct {
	plan     Plan
	progress *Progress

	mu       sync.Mutex
	waiting  []Event
	missed   int
	wake     chan struct{} // holds a token while something waits
	closed   chan struct{}
	finished chan struct{}

	pace   pace
	latest time.Time
}

// NewFeed makes the feed of a plan's run; a nil listener only wants its Tally.
func NewFeed(plan Plan, listener func(Event)) *Feed {
	f := &Feed{plan: plan, progress: newProgress(), wake: make(chan struct{}, 1), closed: make(chan struct{}), finished: make(chan struct{})}
	if listener == nil {
		listener = func(Event) {}
	}
	go f.tell(listener) // ends with Close
	return f
}

// Recall takes in what earlier sessions have journaled, without telling of it, as
// a session that begins now would see it: where something else was wanted then,
// nothing counts as done. Call it before the run.
func (f *Feed) Recall(ctx context.Context, j Journal) error {
	p, err := Replay(ctx, j)
	if err == nil {
		p.begin(Record{Seq: p.seq, Digest: digest(f.plan.Spec)})
		f.progress = p
	}
	return err
}

// Record takes in a record of the run, as the Runner's OnRecord.
func (f *Feed) Record(r Record) {
	event := eventOf(f.progress, r)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = r.Time
	switch r.Kind {
	case KindSession:
		f.pace = pace{}
	case KindHeld:
		f.pace.held(r.Time)
	case KindWave:
		t := f.tally()
		f.pace.began(r, t.Done+t.Stopped)
	}
	switch {
	case event == nil:
		return
	case len(f.waiting) >= feedLength:
		f.missed++
		return
	}
	f.push(event)
}

// push queues an event. The caller holds the lock.
func (f *Feed) push(e Event) {
	f.waiting = append(f.waiting, e)
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// flushed is no event: it marks how far the listener must come for a Flush.
type flushed struct {
	Event
	reached chan struct{}
}

// Flush waits until the listener has been told what was recorded so far, or until
// ctx ends: whoever is about to ask a person has the person read that first. The
// listener may not call it, and nobody may after Close.
func (f *Feed) Flush(ctx context.Context) {
	mark := flushed{reached: make(chan struct{})}
	f.mu.Lock()
	f.push(mark)
	f.mu.Unlock()
	select {
	case <-mark.reached:
	case <-ctx.Done():
	}
}

// Close waits until the listener has been told everything. Record may not be
// called after it.
func (f *Feed) Close() {
	close(f.closed)
	<-f.finished
}

func (f *Feed) tell(listener func(Event)) {
	defer close(f.finished)
	for {
		last := false
		select {
		case <-f.wake:
		case <-f.closed:
			last = true
		}
		for _, e := range f.take() {
			if mark, ok := e.(flushed); ok {
				close(mark.reached)
				continue
			}
			listener(e)
		}
		if last {
			return
		}
	}
}

// take are the events that wait, and how many more were missed.
func (f *Feed) take() []Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	events := f.waiting
	if f.missed > 0 {
		events = append(events, Missed{f.missed})
	}
	f.waiting, f.missed = nil, 0
	return events
}

// Tally is how far a run is.
type Tally struct {
	Clients int // of the run
	Done    int // with every step done
	Stopped int // blocked or failed in this session
	// Steps are those of all clients; a step of a wave counts with each client.
	Steps, StepsDone int
	// Left is about how long the run still takes, if it goes on as from wave to wave
	// so far, and no shorter than XPM's quotas make it. It knows nothing of people
	// who are asked. Known is false until a wave that is no canary is through.
	Left  time.Duration
	Known bool
	// Held is the time before which no wave begins, since a quota is used up, told
	// in this session or an earlier one; zero, or past: none waits for it.
	Held time.Time
}

// Tally says how far the run is now. It looks at every step of every client, so
// it is for now and then and not for every event.
func (f *Feed) Tally() Tally {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.tally()
	ended := t.Done + t.Stopped
	t.Left, t.Known = f.pace.left(f.latest, t.Clients, ended)
	if t.Known {
		quota := xpm.Quota{Minute: 0, Day: -1}.Forecast((t.Clients - ended) * f.plan.costs().PerClient).Wait
		t.Left = max(t.Left, quota)
	}
	return t
}

func (f *Feed) tally() Tally {
	t := Tally{Clients: len(f.plan.Spec.Entities), Steps: len(f.plan.Spec.Entities) * len(f.plan.Steps)}
	f.progress.mu.RLock()
	defer f.progress.mu.RUnlock()
	t.Held = f.progress.held
	for _, e := range f.plan.Spec.Entities {
		client, done := unit{client: e.Code}, 0
		for _, s := range f.plan.Steps {
			u := client
			if s.Scope == PerWave {
				u = unit{wave: f.progress.waveOf[e.Code]}
			}
			if state := f.progress.see(u, s.Name).state; state == Done || state == Skipped {
				done++
			}
		}
		t.StepsDone += done
		switch {
		case done == len(f.plan.Steps):
			t.Done++
		case f.progress.stopped(client):
			t.Stopped++
		}
	}
	return t
}
