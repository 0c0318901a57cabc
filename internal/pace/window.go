package pace

import (
	"net/http"
	"time"
)

// window is the log of one sliding quota: limit calls in any span.
type window struct {
	name, header string
	limit        int
	span         time.Duration

	running int         // calls of ours that have not ended
	ended   []time.Time // when those of the last span did, the oldest first
	started int         // calls counted since the beginning, for comparison with a mark

	others      int // places that others are known to use
	othersUntil time.Time
}

// othersFor is how long it is believed what an answer said about others. After
// that the next call asks anew; a place may have become free at any time.
const othersFor = time.Hour

// mark is what the log held when a call started.
type mark struct{ used, running, started int }

func (w *window) used() int { return w.running + len(w.ended) + w.others }

// forget drops what is older than the span.
func (w *window) forget(now time.Time) {
	n := 0
	for n < len(w.ended) && now.Sub(w.ended[n]) >= w.span {
		n++
	}
	w.ended = w.ended[n:]
	if !now.Before(w.othersUntil) {
		w.others = 0
	}
}

// wait is how long there will be no place; 0 if there is one.
func (w *window) wait(now time.Time) time.Duration {
	w.forget(now)
	if w.used() < w.limit {
		return 0
	}
	var next time.Time
	if len(w.ended) > 0 {
		next = w.ended[0].Add(w.span)
	}
	if w.others > 0 && (next.IsZero() || w.othersUntil.Before(next)) {
		next = w.othersUntil
	}
	return max(next.Sub(now), 1) // never 0, which would be a place
}

// freeAt is when so many calls may begin, so many a minute, that each finds a
// place. It is to be asked again then, for what others use is a guess.
func (w *window) freeAt(now time.Time, calls, perMinute int) time.Time {
	w.forget(now)
	at := now
	for call := range min(calls, w.limit) {
		missing := w.used() + call + 1 - w.limit // places that must become free for it
		if missing <= 0 {
			continue
		}
		free := now.Add(w.span)
		if missing <= len(w.ended) {
			free = w.ended[missing-1].Add(w.span)
		}
		if w.others > 0 && w.othersUntil.Before(free) {
			free = w.othersUntil
		}
		if begin := free.Add(-time.Duration(call/max(perMinute, 1)) * time.Minute); begin.After(at) {
			at = begin
		}
	}
	return at
}

// start counts a call of ours.
func (w *window) start() mark {
	m := mark{used: w.used() - w.others + 1, running: w.running, started: w.started + 1}
	w.running++
	w.started++
	return m
}

// end moves a call of ours to the log.
func (w *window) end(now time.Time) {
	w.running--
	w.ended = append(w.ended, now)
}

// learn compares what the server says is left with the log as it was when the
// call started. What the server counts beyond our calls is others'. Our calls
// that ran meanwhile may or may not be among those it counted, so that there is
// a least and a most; what is believed moves only as far as these demand.
func (w *window) learn(now time.Time, h http.Header, m mark) {
	left, ok := w.remaining(h)
	if !ok {
		return
	}
	meanwhile := w.started - m.started
	least := max(w.limit-left-m.used-meanwhile, 0)
	most := least + m.running + meanwhile
	w.forget(now)
	switch {
	case w.others < least:
		w.others = least
		w.othersUntil = now.Add(min(w.span, othersFor))
	case w.others > most:
		w.others = most
	}
	if at, ok := w.freeAgain(now, h); ok {
		w.othersUntil = at
	}
}
