package sim

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/practicekit/offboarding/xpm"
)

// Quota is what XPM allows a tenant, counted exactly, at the instant at which a
// call arrives: a call that it refuses does not count. A limit of 0 is none.
type Quota struct {
	AtOnce int // calls at once, from their arrival to the end of their answer
	Minute int // calls in any 60 seconds
	Day    int // calls in any 24 hours
}

// XPMQuota is the quota that Xero documents.
// https://developer.xero.com/documentation/guides/oauth2/limits
var XPMQuota = Quota{AtOnce: 5, Minute: 60, Day: 5000}

// meter is the server's side of a quota.
type meter struct {
	open     int
	arrivals []time.Duration // of the calls that were let through, a ring
	count    int
}

// turn is a call's place in the program's own limiter, and on the server.
type turn struct {
	release func(http.Header)
	counted bool
	header  http.Header
}

// turn waits for the limiter, as the client of XPM does.
func (p *Practice) turn(ctx context.Context, c Call) (*turn, error) {
	if p.Limiter == nil || c.System != XPM {
		return &turn{}, nil
	}
	release, err := p.Limiter.Acquire(ctx)
	if err == nil {
		return &turn{release: release}, nil
	}
	if ctx.Err() != nil {
		return nil, c.fail(0, "", ctx.Err())
	}
	refused := &xpm.Error{Op: c.Op, Err: both(xpm.ErrRateLimited, err)}
	var full interface {
		RetryAfter() time.Duration
		Limit() string
	}
	if errors.As(err, &full) {
		refused.RetryAfter, refused.Limit = full.RetryAfter(), full.Limit()
	}
	return nil, refused
}

// over gives the turn back.
func (t *turn) over(header http.Header) {
	if t.release != nil {
		t.release(header)
	}
}

// arrive counts a call, and refuses it where it is over the quota.
func (p *Practice) arrive(c Call, t *turn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock()
	limit, wait := "", time.Duration(0)
	if c.System == XPM {
		limit, wait = p.meter.refuses(p.Quota, now)
	}
	p.traffic.note(c, now, limit != "")
	if p.OnCall != nil {
		p.OnCall(c)
	}
	if c.System != XPM || p.Quota == (Quota{}) {
		return nil
	}
	t.header = p.meter.header(p.Quota, now, limit, wait)
	if limit != "" {
		return &xpm.Error{Op: c.Op, StatusCode: http.StatusTooManyRequests, Limit: limit, RetryAfter: wait, Attempts: 1, Err: xpm.ErrRateLimited}
	}
	p.meter.let(p.Quota, now)
	t.counted = true
	return nil
}

// leave ends a call: its answer has been read.
func (p *Practice) leave(t *turn) {
	if t.counted {
		p.mu.Lock()
		p.meter.open--
		p.mu.Unlock()
	}
	t.over(t.header)
}

// newest is the arrival of the n-th newest call, 1 being the last.
func (m *meter) newest(n int) (time.Duration, bool) {
	if n < 1 || n > m.count || n > len(m.arrivals) {
		return 0, false
	}
	return m.arrivals[(m.count-n)%len(m.arrivals)], true
}

// refuses names the limit that a call would exceed now, and when it would not.
func (m *meter) refuses(q Quota, now time.Duration) (limit string, wait time.Duration) {
	if q.AtOnce > 0 && m.open >= q.AtOnce {
		return "concurrent", 0
	}
	if at, full := m.newest(q.Minute); q.Minute > 0 && full && at > now-time.Minute {
		return "minute", at + time.Minute - now
	}
	if at, full := m.newest(q.Day); q.Day > 0 && full && at > now-24*time.Hour {
		return "day", at + 24*time.Hour - now
	}
	return "", 0
}

func (m *meter) let(q Quota, now time.Duration) {
	if m.arrivals == nil {
		m.arrivals = make([]time.Duration, max(q.Minute, q.Day, 1))
	}
	m.arrivals[m.count%len(m.arrivals)] = now
	m.count++
	m.open++
}

// header is what XPM says of its quota with every answer, this call counted.
func (m *meter) header(q Quota, now time.Duration, limit string, wait time.Duration) http.Header {
	h := http.Header{}
	for _, w := range []struct {
		name  string
		limit int
		span  time.Duration
	}{{"X-MinLimit-Remaining", q.Minute, time.Minute}, {"X-DayLimit-Remaining", q.Day, 24 * time.Hour}} {
		if w.limit > 0 {
			h.Set(w.name, strconv.Itoa(max(0, w.limit-m.used(w.limit, now-w.span)-1)))
		}
	}
	if limit != "" {
		h.Set("X-Rate-Limit-Problem", limit)
		if wait > 0 {
			h.Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		}
	}
	return h
}

// used counts the calls since an instant, at most as many as the limit. The
// arrivals are in order, so it is found by halving.
func (m *meter) used(limit int, since time.Duration) int {
	low, high := 0, min(limit, m.count, len(m.arrivals))
	for low < high {
		half := (low + high + 1) / 2
		if at, ok := m.newest(half); ok && at > since {
			low = half
		} else {
			high = half - 1
		}
	}
	return low
}
