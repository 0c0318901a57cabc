package sim

import (
	"hash/fnv"
	"maps"
	"time"
)

// Sizes are the approximate bytes of what XPM tells of one thing. A list has as
// many as it has things.
type Sizes struct {
	Client int // with everything, about 5,500
	Slim   int // with the fields that were asked for only, about 250
	Job    int // a current job
}

// Traffic is what was sent in one operation of a system.
type Traffic struct {
	Calls int
	// Refused counts those of the calls that a quota refused (429).
	Refused int
	// Bytes of the answers, by Sizes; of XPM only.
	Bytes int
}

// traffic is what a practice was sent.
type traffic struct {
	byOp  map[opKey]*Traffic
	trace uint64
}

type opKey struct {
	system System
	op     string
}

// Traffic is what was sent so far, by operation: "Clients.Archive" of XPM.
func (p *Practice) Traffic(system System) map[string]Traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := map[string]Traffic{}
	for key, t := range maps.All(p.traffic.byOp) {
		if key.system == system {
			all[key.op] = *t
		}
	}
	return all
}

// Total is the sum of a system's traffic.
func (p *Practice) Total(system System) (sum Traffic) {
	for _, t := range p.Traffic(system) {
		sum.Calls += t.Calls
		sum.Refused += t.Refused
		sum.Bytes += t.Bytes
	}
	return sum
}

// Trace is a digest of every call and the instant at which it arrived. Calls of
// the same instant may arrive in any order. Equal seeds give equal traces.
func (p *Practice) Trace() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traffic.trace
}

// note counts a call on its arrival, under the lock.
func (t *traffic) note(c Call, at time.Duration, refused bool) {
	if t.byOp == nil {
		t.byOp = map[opKey]*Traffic{}
	}
	of := t.byOp[opKey{c.System, c.Op}]
	if of == nil {
		of = &Traffic{}
		t.byOp[opKey{c.System, c.Op}] = of
	}
	of.Calls++
	if refused {
		of.Refused++
	}
	h := fnv.New64a()
	h.Write([]byte(c.Op))
	h.Write([]byte(c.About))
	t.trace += scatter(h.Sum64() ^ scatter(uint64(at)))
}

// answered counts the bytes of an answer of so many clients and jobs.
func (p *Practice) answered(c Call, clients, jobs int) {
	size := p.Sizes.Client
	if c.slim {
		size = p.Sizes.Slim
	}
	p.traffic.byOp[opKey{c.System, c.Op}].Bytes += clients*size + jobs*p.Sizes.Job
}
