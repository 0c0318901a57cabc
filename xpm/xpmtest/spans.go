package xpmtest

import "time"

// span is the days from and to and those between them; all days if both are
// zero.
type span struct{ from, to time.Time }

// span reads the from and to of a query, and answers itself where they will not
// do: XPM wants both, and less than a year between them.
func (a *answering) span(method string, required bool) (span, bool) {
	from, err := time.Parse("20060102", a.query("from"))
	to, err2 := time.Parse("20060102", a.query("to"))
	switch {
	case !required && a.query("from") == "" && a.query("to") == "":
		return span{}, true
	case err != nil || err2 != nil:
		a.refuse(method, "The from and to dates are required")
	case to.Before(from) || !to.Before(from.AddDate(1, 0, 0)):
		a.refuse(method, "The date range must be less than one year")
	default:
		return span{from, to}, true
	}
	return span{}, false
}

// has reports whether t is on one of the days.
func (s span) has(t time.Time) bool {
	return s == span{} || !t.Before(s.from) && t.Before(s.to.AddDate(0, 0, 1))
}
