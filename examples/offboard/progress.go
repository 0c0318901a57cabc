package main

import (
	"context"
	"fmt"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// often is how often it is counted how far a run is.
const often = 500 * time.Millisecond

// progress tells a run on a screen: a line for each thing that happens, and how
// far it is. A screen that is slow holds up nobody but this.
type progress struct {
	out      *screen
	feed     *offboard.Feed
	ended    chan struct{}
	counted  chan struct{}
	told     bool // something has happened
	reported int  // how many steps were done when that was printed last
}

// newProgress counts from where earlier runs have left off. It ends with finish.
func newProgress(ctx context.Context, out *screen, plan offboard.Plan, journal offboard.Journal) (*progress, error) {
	p := &progress{out: out, ended: make(chan struct{}), counted: make(chan struct{})}
	p.feed = offboard.NewFeed(plan, p.tell)
	if err := p.feed.Recall(ctx, journal); err != nil {
		p.feed.Close()
		return nil, err
	}
	return p, nil
}

// begin starts to count.
func (p *progress) begin() {
	tally := p.feed.Tally()
	p.reported = tally.StepsDone
	p.out.begin(tally.Steps)
	p.out.draw(tally.StepsDone, clients(tally)+others(tally))
	go p.count() // ends with finish
}

// tell prints a line about an event. It is called in a goroutine of the feed.
func (p *progress) tell(e offboard.Event) {
	p.told = true
	if line := describe(e); line != "" {
		p.out.printf("%s\n", line)
	}
}

func (p *progress) count() {
	defer close(p.counted)
	tick := time.NewTicker(often)
	defer tick.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-tick.C:
			p.show(p.feed.Tally())
		}
	}
}

// show says how far the run is: on a terminal as a bar, and elsewhere as a line
// whenever another tenth of the steps is done.
func (p *progress) show(t offboard.Tally) {
	p.out.draw(t.StepsDone, clients(t)+others(t))
	if !p.out.live && t.StepsDone-p.reported >= max(1, t.Steps/10) {
		p.line(t)
	}
}

func (p *progress) line(t offboard.Tally) {
	p.out.printf("%d of %d steps and %s done%s\n", t.StepsDone, t.Steps, clients(t), others(t))
	p.reported = t.StepsDone
}

func clients(t offboard.Tally) string {
	return fmt.Sprintf("%d of %s", t.Done, plural(t.Clients, "client"))
}

// others says what is known of the clients that are not done, and how long they
// take, if that is known.
func others(t offboard.Tally) (text string) {
	if t.Stopped > 0 {
		text = fmt.Sprintf(", %d stopped", t.Stopped)
	}
	switch {
	case t.Held.After(time.Now()):
		text += ", waits until " + t.Held.Local().Format("Mon 15:04")
	case t.Known && t.Left > 0:
		text += fmt.Sprintf(", about %s left", roughly(t.Left))
	}
	return text
}

// finish tells what is still to be told, and leaves the count as the last line.
func (p *progress) finish() {
	close(p.ended)
	<-p.counted
	p.feed.Close()
	p.out.end()
	if !p.told { // the run was refused
		return
	}
	t := p.feed.Tally()
	t.Known, t.Held = false, time.Time{} // what is left is not under way any more
	p.line(t)
	p.out.printf("\n")
}
