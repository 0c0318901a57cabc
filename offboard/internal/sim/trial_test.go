package sim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// variant is an off-boarding: a practice and what is wanted of it.
type variant struct {
	name  string
	world World
	spec  offboard.Spec
}

// point is where an off-boarding stands between two processes, or where one died:
// everything that lasts.
type point struct {
	practice *Practice
	journal  *Journal
	judge    *judge
	clock    time.Duration // the practice's, at this point
	version  int           // the practice's, before time passed
	runs     int           // processes so far
	last     string        // the states in the last report, if no fault was met
	settled  bool
	digest   uint64   // the key, once it is known
	hashes   []uint64 // of the records, as far as they are known
}

func (v variant) begin() *point {
	practice, err := New(v.world)
	if err != nil {
		panic(err)
	}
	practice.history = true
	pt := &point{practice: practice, journal: &Journal{}}
	pt.judge = newJudge(practice, v.spec, pt.journal, pt.journal)
	practice.watch = pt.judge
	return pt
}

// fork is a copy of the point. What happens to it does not happen to this one.
func (pt *point) fork() *point {
	f := *pt
	f.digest, f.hashes = 0, slices.Clip(pt.hashes)
	f.practice, f.journal = pt.practice.fork(), pt.journal.fork()
	f.judge = pt.judge.fork(f.journal, f.journal)
	f.practice.watch = f.judge
	return &f
}

// outcome is what became of one process.
type outcome struct {
	end       *point
	report    offboard.Report
	err       error
	trace     []IO
	marks     []mark
	took      time.Duration
	pointless bool // a fault changed nothing
}

// mark is where the process was just before an I/O.
type mark struct {
	at  *point // what would last if it died there
	key uint64 // of its whole state, where that is known; else 0
	// pointless tells of a fault that it would change nothing at a call; nil where
	// nobody knows.
	pointless func(Fault) bool
}

// patience is how long a process waits for syncs and quotas.
const patience = 5 * time.Minute

// process runs one process from a point, which it leaves as it is. With marks it
// notes where it was before each I/O.
func (v variant) process(from *point, at map[int][]Fault, marked bool) outcome {
	pt := from.fork()
	began := time.Now()
	pt.practice.epoch = began.Add(-pt.clock)
	pt.judge.began = pt.judge.tick
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	faults := &Faults{At: at, Cancel: cancel, Person: leaving, Bystander: staying}
	follow := &follower{Faults: faults, pt: pt, marked: marked, began: began, listed: -1}
	faults.watch = follow
	runner := offboard.Runner{
		Plan: offboard.NewPlan(v.spec, pt.practice.SystemsWith(faults)), Journal: faults.Over(pt.journal),
		Operator: offboard.Approve("pat", "tests", nil), Wait: patience,
		Batch: offboard.Batch{Parallel: 1}, // so that the I/Os have their numbers
	}
	effects := len(pt.practice.effects)
	report, err := runner.Run(ctx)
	out := outcome{end: pt, report: report, err: err, trace: faults.trace, pointless: faults.moot, marks: follow.marks, took: time.Since(began)}
	pt.runs++
	pt.conclude(out, len(at) > 0, len(pt.practice.effects) > effects)
	pt.judge.outcome(out, at)
	return out
}

// conclude says where the point stands after a process. It is settled when two
// processes in a row have met no fault, found the same and had no effect.
func (pt *point) conclude(out outcome, faulty, effects bool) {
	states := "stopped"
	if out.err == nil {
		var b strings.Builder
		for _, c := range out.report.Clients {
			fmt.Fprintf(&b, "%s %s:", c.Code, c.State)
			for _, s := range c.Steps {
				fmt.Fprintf(&b, " %s", s.State)
			}
		}
		states = b.String()
	}
	pt.settled = states == pt.last && !effects && !faulty
	pt.last = states
	if faulty {
		pt.last = ""
	}
	// Who starts it again looks into the report, and comes back when there is
	// something to be done.
	pause := time.Minute
	if out.err == nil && out.report.State() == offboard.Waiting {
		pause = day + time.Hour
	}
	pt.rest(pt.practice.clock() + pause)
}

// rest lets time pass until the next process begins.
func (pt *point) rest(until time.Duration) {
	pt.clock = until
	pt.practice.epoch = time.Now().Add(-until)
	pt.practice.advance()
}

// fatal are the faults that end a process, though not at once.
var fatal = []Fault{Unauthorized, CancelBefore, CancelAfter, DiskFull, DiskDoubt}

// follower notes where a process is before each I/O.
type follower struct {
	*Faults
	pt     *point
	marked bool
	began  time.Time
	marks  []mark
	told   answers

	listed           int // records there were when all clients were last listed, -1 before
	version, created int // of which these are the digests:
	state, files     uint64
	// doomed says that the process will end because of a fault: what it is about to
	// do is no longer what its journal says.
	doomed bool
}

func (w *follower) io(n int, io IO) {
	for _, f := range w.At[n] {
		w.doomed = w.doomed || slices.Contains(fatal, f)
	}
	if w.marked {
		w.marks = append(w.marks, w.mark())
	}
	if io.Op == "Clients.List" {
		w.listed = len(w.pt.journal.records)
	}
	w.pt.judge.io(n, io)
}

func (w *follower) act(f Fault) { w.pt.judge.act(f) }

func (w *follower) answered(q question, answer any, err error) {
	if w.marked {
		w.told.hear(q, answer, err)
	}
}

func (w *follower) faces(pointless func(Fault) bool) {
	if w.marked {
		w.marks[len(w.marks)-1].pointless = pointless
	}
}

func (w *follower) misled(c Call, answer any) { w.pt.judge.misled(c, answer) }

// mark takes a copy of what lasts, unless nothing has changed since the last one and
// no time has passed.
func (w *follower) mark() mark {
	now := mark{key: w.key()}
	if n := len(w.marks); n > 0 {
		last := w.marks[n-1].at
		if len(last.journal.records) == len(w.pt.journal.records) && len(last.journal.files) == len(w.pt.journal.files) &&
			last.version == w.pt.practice.version && last.clock == w.pt.practice.clock()+time.Minute {
			now.at = last
			return now
		}
	}
	now.at = w.pt.fork()
	now.at.last, now.at.runs, now.at.version = "", w.pt.runs+1, w.pt.practice.version
	now.at.rest(w.pt.practice.clock() + time.Minute)
	return now
}
