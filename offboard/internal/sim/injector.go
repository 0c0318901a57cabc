package sim

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Faults numbers the I/Os of one process from 1 and lets faults happen at chosen
// numbers. It is safe for concurrent use; which I/O has which number depends on
// the order of calls.
type Faults struct {
	// At are the faults by the number of their I/O.
	At map[int][]Fault
	// Cancel ends the process's context: a crash and a cancellation call it.
	Cancel context.CancelFunc
	// Person is the client with which people interfere, Bystander another one.
	Person, Bystander int

	mu      sync.Mutex
	n       int
	crashed bool
	moot    bool
	trace   []IO
	stale   map[question]int // how many more answers to it are stale
	watch   ioWatcher
}

// ioWatcher is told of every I/O before it takes place, of what people do, of every
// answer to a read, and of those that were not the true ones.
type ioWatcher interface {
	io(n int, io IO)
	act(Fault)
	answered(q question, answer any, err error)
	misled(c Call, answer any)
	// faces is told which faults would be pointless at a call.
	faces(pointless func(Fault) bool)
}

// IO is one I/O of a process.
type IO struct {
	Kind Kind
	// Op and About are those of a call; for a write to the journal or the evidence,
	// what is written: "intent archive-client", or the name of a file.
	Op, About string
	Records   int // of an append
}

func (o IO) isCall() bool { return o.Kind == IORead || o.Kind == IOEffect }

// Kind is what an I/O is.
type Kind uint8

// The kinds of I/O.
const (
	IORead Kind = iota
	IOEffect
	IOAppend
	IOCreate
	IOOpen
)

type question struct{ op, about string }

// ErrCrash is what a process that has died gets to see, so that it unwinds.
var ErrCrash = errors.New("the process was killed")

// next numbers an I/O and says which faults are due: what people do, and what
// fails.
func (f *Faults) next(io IO) (person, failure Fault, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return NoFault, NoFault, ErrCrash
	}
	f.n++
	f.trace = append(f.trace, io)
	if f.watch != nil {
		f.watch.io(f.n, io)
	}
	if f.crashed {
		return NoFault, NoFault, ErrCrash
	}
	for _, due := range f.At[f.n] {
		if due.Person() {
			person = due
		} else {
			failure = due
		}
	}
	if failure == CrashBefore {
		return person, failure, f.crash()
	}
	return person, failure, nil
}

func (f *Faults) crash() error {
	f.crashed = true
	f.Cancel()
	return ErrCrash
}

// die is crash for who does not hold the lock.
func (f *Faults) die() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.crash()
}

// pointless ends the process: the fault that was due changes nothing here, or
// nothing that it would not change at the next I/O too.
func (f *Faults) pointless() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moot = true
	return f.crash()
}

// staleFor makes the next answers to a question stale.
func (f *Faults) staleFor(q question, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stale == nil {
		f.stale = map[question]int{}
	}
	f.stale[q] = times
}

// isStale takes one of them.
func (f *Faults) isStale(q question) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stale[q] == 0 {
		return false
	}
	f.stale[q]--
	return true
}

// misled tells that an answer was not the true one.
func (f *Faults) misled(c Call, answer any) {
	if f.watch != nil {
		f.watch.misled(c, answer)
	}
}

// answered tells what a read was told.
func (f *Faults) answered(q question, answer any, err error) {
	if f.watch != nil {
		f.watch.answered(q, answer, err)
	}
}

// acted tells what somebody did.
func (f *Faults) acted(due Fault) {
	if f.watch != nil {
		f.watch.act(due)
	}
}

const day = 24 * time.Hour

// Count is the number of I/Os so far.
func (f *Faults) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}
