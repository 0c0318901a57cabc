package offboard

import "time"

// pace is how fast a session goes: how long a wave takes, on average. Clients are
// no measure of it, since those of a wave come to their end together, and the sync
// of a small wave takes as long as that of a great one.
type pace struct {
	waves  []waveStart
	heldAt time.Time     // since when no wave may begin
	paused time.Duration // for how long none might
}

// waveStart is when a wave began, how many clients it has, and how many of the
// run were finished.
type waveStart struct {
	at             time.Time
	clients, ended int
}

func (p *pace) held(at time.Time) {
	if p.heldAt.IsZero() {
		p.heldAt = at
	}
}

// began notes that a wave began. The wait for a quota before it is no part of the
// pace.
func (p *pace) began(r Record, ended int) {
	if !p.heldAt.IsZero() {
		p.paused += r.Time.Sub(p.heldAt)
		p.heldAt = time.Time{}
	}
	p.waves = append(p.waves, waveStart{r.Time.Add(-p.paused), len(r.Clients), ended})
}

// left is how long so many clients take at this pace, of which some have ended
// since the newest wave began; false where too little is known. A first wave that
// is smaller than the next is a canary: it takes a sync too, so it says little of
// the others.
func (p *pace) left(now time.Time, clients, ended int) (time.Duration, bool) {
	waves := p.waves
	if len(waves) > 1 && waves[0].clients < waves[1].clients {
		waves = waves[1:]
	}
	if len(waves) < 2 {
		return 0, false
	}
	size := 0
	for _, w := range waves {
		size = max(size, w.clients)
	}
	first, last := waves[0], waves[len(waves)-1]
	each := last.at.Sub(first.at) / time.Duration(len(waves)-1)
	still := (clients - last.ended + size - 1) / size // waves, the newest one included
	since := now.Add(-p.paused).Sub(last.at)
	return max(0, time.Duration(still)*each-since), clients > ended
}
