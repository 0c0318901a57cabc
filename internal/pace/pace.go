// Package pace keeps calls inside a vendor's quota: so many at once, so many in
// any minute, so many in any day.
//
// It logs when calls end, not when they start: a place is free again one minute
// after the call that used it ended. The server counted that call earlier, at
// some moment the client cannot know, so the log never promises a place too
// soon. That costs the length of a call in each minute, and has no refusals; a
// log of starts and a token bucket have both.
//
// The log knows the calls of this process only. What others use of the same
// quota is learnt from X-MinLimit-Remaining and X-DayLimit-Remaining in the
// answers, and so is what was used before a restart.
package pace

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// Quota is what a vendor allows. A limit of 0 or less is none.
type Quota struct {
	Concurrent int // calls at once
	Minute     int // calls in any 60 seconds
	Day        int // calls in any 24 hours
}

// Pacer gives calls their turn. It is a transport.Limiter, safe for concurrent
// use, and shared by all clients of one quota. It starts no goroutines.
type Pacer struct {
	maxWait time.Duration
	slots   chan struct{} // one for each call at once; nil without any limit
	turn    chan struct{} // held by who waits for a place: first come, first served

	mu      sync.Mutex // held for arithmetic only, never across a wait
	windows []*window
}

// Option changes a Pacer in New.
type Option func(*Pacer)

// MaxWait is the longest wait for a place that Acquire sleeps, 2 minutes by
// default: longer than any minute lasts and shorter than a spent day.
func MaxWait(d time.Duration) Option { return func(p *Pacer) { p.maxWait = d } }

// New makes a Pacer with an empty log.
func New(q Quota, options ...Option) *Pacer {
	p := &Pacer{maxWait: 2 * time.Minute}
	for _, o := range options {
		o(p)
	}
	// More calls at once than a window has places could never be let through,
	// so each limit bounds them. Then a full window always holds a call that
	// has ended, and the time of its next free place is known.
	atOnce := 0
	for _, limit := range []int{q.Concurrent, q.Minute, q.Day} {
		if limit > 0 && (atOnce == 0 || limit < atOnce) {
			atOnce = limit
		}
	}
	if atOnce > 0 {
		p.slots, p.turn = make(chan struct{}, atOnce), make(chan struct{}, 1)
	}
	if q.Minute > 0 {
		p.windows = append(p.windows, &window{name: "minute", header: "X-MinLimit-Remaining", limit: q.Minute, span: time.Minute})
	}
	if q.Day > 0 {
		p.windows = append(p.windows, &window{name: "day", header: "X-DayLimit-Remaining", limit: q.Day, span: 24 * time.Hour})
	}
	return p
}

// Acquire waits until a call may start. The release must be called once the
// call is over, with the headers of its answer, or nil if there was none;
// further calls of it do nothing. When ctx ends, the error is ctx's and no place
// is used. A wait longer than MaxWait is not slept: its error wraps
// ErrRateLimited and has the methods RetryAfter and Limit ("minute" or "day").
func (p *Pacer) Acquire(ctx context.Context) (release func(http.Header), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.slots == nil {
		return func(http.Header) {}, nil
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	marks, err := p.place(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return p.releaser(marks), nil
}

// place waits for a place in every window, behind those who wait already.
func (p *Pacer) place(ctx context.Context) ([]mark, error) {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turn }()
	for {
		wait, limit, marks := p.start(time.Now())
		if wait <= 0 {
			return marks, nil
		}
		if wait > p.maxWait {
			return nil, &fullError{wait, limit}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

// start takes a place in every window, or says how long there will be none.
func (p *Pacer) start(now time.Time) (wait time.Duration, limit string, marks []mark) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.windows {
		if d := w.wait(now); d > wait {
			wait, limit = d, w.name
		}
	}
	if wait > 0 {
		return wait, limit, nil
	}
	for _, w := range p.windows {
		marks = append(marks, w.start())
	}
	return 0, "", marks
}

func (p *Pacer) releaser(marks []mark) func(http.Header) {
	var once sync.Once
	return func(h http.Header) {
		once.Do(func() {
			p.mu.Lock()
			now := time.Now()
			for i, w := range p.windows {
				w.end(now)
				w.learn(now, h, marks[i])
			}
			p.mu.Unlock()
			<-p.slots
		})
	}
}

// Left is how many calls may still start in the minute and in the day that end
// now, -1 where there is no limit. It is an estimate where others share the
// quota.
func (p *Pacer) Left() (minute, day int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	minute, day = -1, -1
	now := time.Now()
	for _, w := range p.windows {
		w.forget(now)
		left := max(w.limit-w.used(), 0)
		if w.name == "minute" {
			minute = left
		} else {
			day = left
		}
	}
	return minute, day
}

// FreeAt is when so many further calls may begin, as fast as a minute's quota lets
// them, so that none has to wait for a place in the day: now, or once enough of the
// calls that the log holds are a day old. More than the quota of a day counts as
// the whole of it.
func (p *Pacer) FreeAt(calls int) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, perMinute := time.Now(), calls
	for _, w := range p.windows {
		if w.name == "minute" {
			perMinute = w.limit
			continue
		}
		return w.freeAt(now, calls, perMinute)
	}
	return now
}

// fullError is a wait that Acquire does not sleep.
type fullError struct {
	wait  time.Duration
	limit string
}

func (e *fullError) Error() string {
	return fmt.Sprintf("the quota of the %s is used up for %s", e.limit, e.wait.Round(time.Second))
}
func (e *fullError) Unwrap() error             { return apierr.ErrRateLimited }
func (e *fullError) RetryAfter() time.Duration { return e.wait }
func (e *fullError) Limit() string             { return e.limit }

// remaining reads the number of calls that the server says are left in w.
func (w *window) remaining(h http.Header) (int, bool) {
	n, err := strconv.Atoi(h.Get(w.header))
	if err != nil || n < 0 {
		return 0, w.refusedBy(h)
	}
	return n, true
}

// refusedBy tells whether h is of a call that was refused for w's limit.
func (w *window) refusedBy(h http.Header) bool { return h.Get("X-Rate-Limit-Problem") == w.name }

// freeAgain is when the server says that w has a place again, if it does.
func (w *window) freeAgain(now time.Time, h http.Header) (time.Time, bool) {
	wait := transport.RetryAfter(h, now)
	if wait == 0 || !w.refusedBy(h) {
		return time.Time{}, false
	}
	return now.Add(wait), true
}
