package xpm

import (
	"context"
	"errors"
	"iter"
	"net/url"
	"time"
)

// Dates go out as the wall clock reading of the time they are given as, in its
// own location: XPM knows no zones.

// compactDate is the date as jobs, times, costs, custom fields and queries have
// it, and empty for the zero time.
func compactDate(t time.Time) string { return dateAs("20060102", t) }

// isoDate is the date as relationships have it, and empty for the zero time.
func isoDate(t time.Time) string { return dateAs(time.DateOnly, t) }

func dateAs(layout string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(layout)
}

// day is the date of t, apart from its time of day and location.
func day(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// between is the query for a span of days, both included. XPM wants both ends,
// and less than a year between them.
func between(op string, from, to time.Time) (url.Values, error) {
	switch {
	case from.IsZero() || to.IsZero():
		return nil, invalid(op, "from and to are required")
	case day(to).Before(day(from)):
		return nil, invalid(op, "to is before from")
	case !day(to).Before(day(from).AddDate(1, 0, 0)):
		return nil, invalid(op, "from and to are a year or more apart")
	}
	return url.Values{"from": {compactDate(from)}, "to": {compactDate(to)}}, nil
}

// windowDays is how much a window of a longer span holds.
const windowDays = 360

// windows walks a span of days of any length, both ends included, in calls of
// list for up to 360 days each, and yields nothing twice by its key. An empty
// key is never held to be the same as another. A span without both ends, or
// whose ends are the wrong way round, is ErrInvalid.
func windows[T any](ctx context.Context, op string, from, to time.Time, list func(ctx context.Context, from, to time.Time) iter.Seq2[T, error], key func(T) string) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if from.IsZero() || to.IsZero() {
			yield(zero, invalid(op, "from and to are required"))
			return
		}
		first, last := day(from), day(to)
		if last.Before(first) {
			yield(zero, invalid(op, "to is before from"))
			return
		}
		seen := map[string]bool{}
		for ; !first.After(last); first = first.AddDate(0, 0, windowDays) {
			end := first.AddDate(0, 0, windowDays-1)
			if end.After(last) {
				end = last
			}
			for v, err := range list(ctx, first, end) {
				if err != nil {
					if _, ours := errors.AsType[*Error](err); !ours {
						err = &Error{Op: op, Err: err}
					}
					yield(zero, err)
					return
				}
				k := key(v)
				if k != "" && seen[k] {
					continue
				}
				seen[k] = true
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}
