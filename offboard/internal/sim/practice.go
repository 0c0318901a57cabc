package sim

import (
	"context"
	"sync"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

// Practice is an accounting practice: its source systems and its Nimbus account.
// It is safe for concurrent use. Its fields are set before the first call.
type Practice struct {
	// Latency is how long a call takes; nil: no time at all.
	Latency Latency
	// Think is how long a program takes before it makes a call. Calls that would be
	// made at the same instant get an order by it, and so equal runs equal traces.
	Think Latency
	// Limiter paces the calls to XPM, as xpm.Config.Limiter does; nil: none.
	Limiter xpm.Limiter
	// Quota is what XPM refuses to exceed; the zero value refuses nothing.
	Quota Quota
	// Sizes are the bytes of XPM's answers; the zero value counts none.
	Sizes Sizes
	// OnCall, if set, sees every call when it arrives at its system, one after the
	// other and under the practice's lock: it must not call the practice.
	OnCall func(Call)

	cast    *cast
	mu      sync.Mutex
	now     state
	epoch   time.Time // the instant that times in the state count from
	past    []*old    // before each change, oldest first; only if faults may ask for it
	history bool      // whether past is kept
	version int       // counts the changes
	lost    []loss    // the histories that went with their entities
	effects []Effect
	traffic traffic
	meter   meter
	watch   watcher
}

// old is a state that was.
type old struct {
	state
	digest uint64 // of it, once it is known
}

// loss is a Client History that was deleted with its entity (R11).
type loss struct {
	client int
	rows   []row
}

// Effect is a call that was meant to change something, as it arrived.
type Effect struct {
	Call
	At time.Time
	// Code is the Client Code that it is about; empty where it is about none.
	Code string
	// Changed says whether it did change anything.
	Changed bool
}

// watcher looks at every effect just before it happens, with the whole truth at
// hand. It is called under the practice's lock.
type watcher interface {
	before(s *state, c Call, client int)
	removing(s *state, run syncRun, client int)
}

// Systems are ways into the practice for one program.
func (p *Practice) Systems() offboard.Systems { return p.SystemsWith(nil) }

// SystemsWith are ways into the practice on which faults may happen.
func (p *Practice) SystemsWith(f *Faults) offboard.Systems {
	d := &door{p: p, faults: f}
	return offboard.Systems{
		XPM:    offboard.XPM{Clients: xpmClients{d}, Jobs: xpmJobs{d}, Invoices: xpmInvoices{d}, Times: xpmTimes{d}},
		MYOBAE: offboard.MYOBAE{Clients: myobaeClients{d}, ExtraFields: myobaeFields{d}, Operations: myobaeOperations{d}},
		Nimbus: offboard.Nimbus{
			Account: account{d}, Clients: grid{d}, History: histories{d}, Contacts: portal{d},
			EmailJobs: emailJobs{d}, Folders: folders{d}, Documents: documents{d}, Syncs: syncs{d},
		},
	}
}

// door is one program's way into a practice.
type door struct {
	p      *Practice
	faults *Faults
}

// act is what a call does to the state. It reports whether it changed anything.
type act[T any] func(*state) (answer T, changed bool, err error)

// reach makes a call: it waits for its turn and its latency, meets its fault, and
// acts on the state at one instant.
func reach[T any](ctx context.Context, d *door, c Call, do act[T]) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, c.fail(0, "", err)
	}
	if c.Effect != Read && isReadOnly(ctx) {
		return none, c.fail(0, "", nimbus.ErrReadOnly)
	}
	if d.p.Think != nil {
		if err := sleep(ctx, d.p.Think(c)); err != nil {
			return none, c.fail(0, "", err)
		}
	}
	turn, err := d.p.turn(ctx, c)
	if err != nil {
		return none, err
	}
	takes := d.p.takes(c)
	if err := sleep(ctx, takes/2); err != nil {
		turn.over(nil)
		return none, c.fail(0, "", err)
	}
	answer, err := serve(ctx, d, c, do, turn)
	// The way back: what was done is done, also if nobody waits for the answer.
	waited := sleep(ctx, takes-takes/2)
	d.p.leave(turn)
	switch {
	case err == nil && waited != nil && c.Effect == Once:
		return none, c.fail(0, "", both(nimbus.ErrOutcomeUnknown, waited))
	case err == nil && waited != nil:
		return none, c.fail(0, "", waited)
	}
	return answer, err
}

// serve is what happens at the system.
func serve[T any](ctx context.Context, d *door, c Call, do act[T], turn *turn) (T, error) {
	var none T
	if err := d.p.arrive(c, turn); err != nil {
		return none, err
	}
	if d.faults != nil {
		return meet(ctx, d, c, do)
	}
	d.p.mu.Lock()
	defer d.p.mu.Unlock()
	return perform(d.p, c, do)
}

// perform acts on the true state, under the lock.
func perform[T any](p *Practice, c Call, do act[T]) (T, error) {
	p.advance()
	if c.Effect == Read {
		answer, _, err := do(&p.now)
		return answer, err
	}
	p.see(c)
	p.remember()
	answer, changed, err := do(&p.now)
	if changed {
		p.version++
	} else {
		p.forget()
	}
	e := Effect{Call: c, At: time.Now(), Changed: changed}
	if c.client >= 0 {
		e.Code = p.cast.clients[c.client].code
	}
	p.effects = append(p.effects, e)
	return answer, err
}

// see shows an effect to who watches, just before it happens.
func (p *Practice) see(c Call) {
	if p.watch != nil {
		p.watch.before(&p.now, c, c.client)
	}
}

// remember keeps the state as it is before a change, for stale reads.
func (p *Practice) remember() {
	if p.history {
		p.past = append(p.past[:len(p.past):len(p.past)], &old{state: p.now.clone()})
	}
}

func (p *Practice) forget() {
	if p.history {
		p.past = p.past[: len(p.past)-1 : len(p.past)-1]
	}
}

// clock is the time since the epoch, in which the state counts.
func (p *Practice) clock() time.Duration { return time.Since(p.epoch) }

// Effects lists every call that was meant to change something, in order.
func (p *Practice) Effects() []Effect {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Effect{}, p.effects...)
}

// fork is a copy of the practice as it stands, on which the same may happen as on
// this one, or something else. Its clock goes on from here.
func (p *Practice) fork() *Practice {
	return &Practice{
		Latency: p.Latency, Think: p.Think, Limiter: p.Limiter, Quota: p.Quota, Sizes: p.Sizes, OnCall: p.OnCall,
		cast: p.cast, now: p.now.clone(), epoch: p.epoch, history: p.history, version: p.version,
		past: p.past[:len(p.past):len(p.past)], lost: p.lost[:len(p.lost):len(p.lost)], effects: p.effects[:len(p.effects):len(p.effects)],
	}
}
