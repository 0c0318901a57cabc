package sim

import (
	"context"
	"reflect"

	"github.com/practicekit/offboarding/nimbus"
)

// meet serves a call at which faults may be due.
func meet[T any](ctx context.Context, d *door, c Call, do act[T]) (T, error) {
	var none T
	kind := IOEffect
	if c.Effect == Read {
		kind = IORead
	}
	person, due, err := d.faults.next(IO{Kind: kind, Op: c.Op, About: c.About})
	if err != nil {
		return none, err
	}
	if due == ClockJump {
		if err := sleep(ctx, day); err != nil {
			return none, c.fail(0, "", err)
		}
	}
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	d.p.advance()
	if d.faults.watch != nil {
		d.faults.watch.faces(prospect(d, c, do))
	}
	if person != NoFault {
		if err := interfere(d, person, c, do); err != nil {
			return none, err
		}
	}
	if err := d.refuse(due, c); err != nil {
		return none, err
	}
	if c.Effect == Read {
		return readWith(d, due, c, do)
	}
	return effectWith(d, due, c, do)
}

// refuse is what the system, or the client in front of it, does instead of what
// was asked; nil if the fault is none of that kind.
func (d *door) refuse(due Fault, c Call) error {
	switch due {
	case Unauthorized:
		return c.fail(401, "", nimbus.ErrUnauthorized)
	case Throttled:
		return c.fail(429, "", nimbus.ErrRateLimited)
	case ThrottledDay:
		return c.failAfter(429, "", day, nimbus.ErrRateLimited)
	case Unavailable:
		return c.fail(503, "", nimbus.ErrUnavailable)
	case CancelBefore:
		d.faults.Cancel()
		return c.fail(0, "", context.Canceled)
	}
	return nil
}

// effectWith has an effect with a fault.
func effectWith[T any](d *door, due Fault, c Call, do act[T]) (T, error) {
	var none T
	switch due {
	case NotDone:
		d.p.see(c)
		return none, c.lost()
	case FolderInPart:
		return none, d.inPart(c)
	}
	answer, err := perform(d.p, c, do)
	switch due {
	case CrashAfter:
		return none, d.faults.die()
	case CancelAfter:
		d.faults.Cancel()
		if c.Effect == Once {
			return none, c.fail(0, "", both(nimbus.ErrOutcomeUnknown, context.Canceled))
		}
		return none, c.fail(0, "", context.Canceled)
	case LostAnswer:
		return none, c.lost()
	case Twice, TwiceAnsweredLast:
		second, _, again := do(&d.p.now) // a change that it makes is part of the first one's
		if due == TwiceAnsweredLast {
			return second, again
		}
	case SyncIdle, SyncFails, SyncNever:
		d.p.fate(due)
	}
	return answer, err
}

// fate decides what becomes of the sync that was started last.
func (p *Practice) fate(due Fault) {
	run := &p.now.syncs[len(p.now.syncs)-1]
	switch due {
	case SyncIdle:
		run.fate, run.due = syncIdles, run.started
	case SyncFails:
		run.fate = syncFails
	case SyncNever:
		run.due = never
	}
}

// inPart disposes of half of a folder and loses the answer.
func (d *door) inPart(c Call) error {
	s := &d.p.now
	i := place(nimbus.FolderID(c.About), "f-", len(s.folders))
	if i < 0 || s.folders[i].gone || s.folders[i].kind != nimbus.FolderOrphaned || len(s.folders[i].files) < 2 {
		return d.faults.pointless()
	}
	d.p.see(c)
	d.p.remember()
	d.p.version++
	s.discard(i, len(s.folders[i].files)/2, s.edition)
	return c.lost()
}

// readWith answers a read with a fault.
func readWith[T any](d *door, due Fault, c Call, do act[T]) (T, error) {
	answer, err := perform(d.p, c, do)
	asked := question{c.Op, c.About}
	times := map[Fault]int{StaleOnce: 1, StaleTwice: 2, StaleOften: 5, StaleOldest: 1}[due]
	if times > 0 {
		d.faults.staleFor(asked, times)
	}
	if d.faults.isStale(asked) {
		old, oldErr, differs := older(d.p, do, answer, err, due == StaleOldest)
		if !differs && times > 0 {
			return answer, d.faults.pointless()
		}
		if differs {
			d.faults.misled(c, old)
			answer, err = old, oldErr
		}
	}
	if err == nil {
		err = damage(d, due, c, &answer)
	}
	d.faults.answered(asked, answer, err)
	return answer, err
}

// older is the newest of the earlier answers that differs from the true one, or the
// oldest of them.
func older[T any](p *Practice, do act[T], answer T, err error, oldest bool) (older T, olderErr error, differs bool) {
	older, olderErr = answer, err
	for n := len(p.past) - 1; n >= 0; n-- {
		before := p.past[n].clone() // a download changes even what it reads
		was, _, wasErr := do(&before)
		if !equal(was, wasErr, answer, err) {
			if older, olderErr, differs = was, wasErr, true; !oldest {
				break
			}
		}
	}
	return older, olderErr, differs
}

func equal[T any](a T, aErr error, b T, bErr error) bool {
	return (aErr == nil) == (bErr == nil) && reflect.DeepEqual(a, b)
}

// damage takes something away from an answer.
func damage(d *door, due Fault, c Call, answer any) error {
	switch due {
	case CutOff:
		switch a := answer.(type) {
		case *sheet:
			a.broken = true
		case *download:
			a.broken = true
		case *[]standing:
			*a = (*a)[:len(*a)/2]
			return c.fail(200, "", nimbus.ErrUnavailable)
		case *[]placed:
			*a = (*a)[:len(*a)/2]
			return c.fail(200, "", nimbus.ErrUnavailable)
		}
	case ShortExport, FilteredExport:
		a := answer.(*sheet)
		if len(a.rows) == 0 {
			return d.faults.pointless()
		}
		a.rows = a.rows[:len(a.rows)/2]
		if due == FilteredExport {
			a.stated = len(a.rows)
		}
	}
	return nil
}
