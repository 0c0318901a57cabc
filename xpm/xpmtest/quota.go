package xpmtest

import (
	"net/http"
	"strconv"
	"time"
)

// appMinute is what an app may use in a minute over all tenants.
const appMinute = 10000

// spend takes one call from the quota and says in the headers what is left. If
// nothing is, it answers 429, without a body, and takes nothing. The windows
// slide: a call counts for a minute and for 24 hours from its start.
func (s *Server) spend(a *answering) bool {
	now := time.Now()
	s.mu.Lock()
	s.calls = since(s.calls, now.Add(-24*time.Hour))
	minute := since(s.calls, now.Add(-time.Minute))
	var limit string
	var wait time.Duration
	switch q := s.config.Quota; {
	case q.Concurrent > 0 && a.inFlight > q.Concurrent:
		limit = "concurrent" // comes without Retry-After
	case q.Day > 0 && len(s.calls) >= q.Day:
		limit, wait = "day", s.calls[0].Add(24*time.Hour).Sub(now)
	case q.Minute > 0 && len(minute) >= q.Minute:
		limit, wait = "minute", minute[0].Add(time.Minute).Sub(now)
	default:
		s.calls = append(s.calls, now)
		minute = since(s.calls, now.Add(-time.Minute))
	}
	usedMinute, usedDay := len(minute), len(s.calls)
	s.mu.Unlock()

	h := a.w.Header()
	if q := s.config.Quota.Minute; q > 0 {
		h.Set("X-MinLimit-Remaining", strconv.Itoa(q-usedMinute))
	}
	if q := s.config.Quota.Day; q > 0 {
		h.Set("X-DayLimit-Remaining", strconv.Itoa(q-usedDay))
	}
	h.Set("X-AppMinLimit-Remaining", strconv.Itoa(max(0, appMinute-usedMinute)))
	if limit == "" {
		return true
	}
	h.Set("X-Rate-Limit-Problem", limit)
	if wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	h.Set("Content-Length", "0")
	a.w.WriteHeader(http.StatusTooManyRequests)
	return false
}

// since drops the calls that were made at start or before.
func since(calls []time.Time, start time.Time) []time.Time {
	for i, t := range calls {
		if t.After(start) {
			return calls[i:]
		}
	}
	return nil
}
