package main

import (
	"fmt"

	"github.com/practicekit/offboarding/offboard"
)

// progress prints the records of a run as they are journaled: a line for each
// thing that is new, and how many of the steps are done.
type progress struct {
	out     *screen
	total   int
	done    int
	states  map[[2]string]offboard.State
	shown   map[[2]string]string // the last line about each client and step
	printed int                  // how many steps were done when that was printed last
}

func newProgress(out *screen, plan offboard.Plan) *progress {
	p := &progress{out: out, states: map[[2]string]offboard.State{}, shown: map[[2]string]string{}}
	for _, step := range plan.Steps {
		if step.Scope == offboard.PerWave {
			p.total++
		} else {
			p.total += len(plan.Spec.Entities)
		}
	}
	out.begin(p.total)
	return p
}

// recall takes in a record of an earlier run.
func (p *progress) recall(r offboard.Record) {
	if r.Step == "" {
		return
	}
	key := [2]string{r.Client, r.Step}
	state := p.states[key]
	switch r.Kind {
	case offboard.KindChecked:
		state = r.State
	case offboard.KindIntent, offboard.KindOutcome:
		state = offboard.Unknown
	}
	if isDone(p.states[key]) {
		p.done--
	}
	if isDone(state) {
		p.done++
	}
	p.states[key] = state
}

func isDone(s offboard.State) bool { return s == offboard.Done || s == offboard.Skipped }

// show takes in and prints a record of this run.
func (p *progress) show(r offboard.Record) {
	p.recall(r)
	key := [2]string{r.Client, r.Step}
	line := describe(r)
	if line != "" && p.shown[key] != line {
		p.shown[key] = line
		who := r.Client
		if who == "" {
			who = "all"
		}
		p.out.printf("%s  %-10s %-18s %s\n", r.Time.Local().Format("15:04:05"), who, r.Step, line)
	}
	p.count()
}

// describe says in one line what a record is about; empty: nothing to tell.
func describe(r offboard.Record) string {
	switch r.Kind {
	case offboard.KindChecked:
		switch {
		case r.State == offboard.Todo:
			return "" // the effect follows, or the check is done again first
		case r.Proof != "":
			return fmt.Sprintf("%s: %s [%s]", r.State, r.Reason, r.Proof)
		}
		return fmt.Sprintf("%s: %s (%s)", r.State, r.Reason, r.Rule)
	case offboard.KindIntent:
		return "sending: " + r.Target
	case offboard.KindOutcome:
		if r.State == offboard.Done {
			return "" // what it did is read next
		}
		return fmt.Sprintf("%s: %s", r.State, r.Reason)
	case offboard.KindAnswered:
		return "answered by " + r.Answer.By
	case offboard.KindAsked:
		if r.Answer != nil {
			return r.Reason + ", says " + r.Answer.By
		}
	}
	return ""
}

// count shows how far the run is: on a terminal always, as a bar, and elsewhere
// as a line whenever another tenth of the steps is done.
func (p *progress) count() {
	p.out.draw(p.done)
	if !p.out.live && p.done-p.printed >= max(1, p.total/10) {
		p.out.printf("%d of %d steps done\n", p.done, p.total)
		p.printed = p.done
	}
}

// finish leaves the count as the last line.
func (p *progress) finish() {
	if p.out.live || p.done != p.printed {
		p.out.printf("%d of %d steps done\n", p.done, p.total)
	}
	p.out.printf("\n")
}
