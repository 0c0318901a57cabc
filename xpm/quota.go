package xpm

import "time"

// What XPM allows a tenant, counted for each app.
// https://developer.xero.com/documentation/guides/oauth2/limits
const (
	concurrentLimit = 5
	minuteLimit     = 60
	dayLimit        = 5000
)

// Quota is how many calls may still start, in the minute and in the 24 hours that
// end now; -1 where it is not known.
type Quota struct{ Minute, Day int }

// Quota says what is left of the tenant's quota, as far as the client knows: its
// own calls and those of clients that share its Limiter exactly, what others use
// from the headers of the answers. It asks nobody, so before the first answer
// it knows of no others; any read makes it learn. It is unknown with a Limiter
// of your own, unless that has a method Left() (minute, day int).
func (c *Client) Quota() Quota {
	if l, ok := c.limiter.(interface{ Left() (minute, day int) }); ok {
		minute, day := l.Left()
		return Quota{Minute: minute, Day: day}
	}
	return Quota{Minute: -1, Day: -1}
}

// FreeAt is when so many calls may begin, as fast as the quota of a minute lets
// them, and none of them will have to wait for the quota of the day: the present
// where that is now, or is not known. More than a day allows counts as all of it.
func (c *Client) FreeAt(calls int) time.Time {
	if l, ok := c.limiter.(interface{ FreeAt(calls int) time.Time }); ok {
		return l.FreeAt(calls)
	}
	return time.Now()
}

// Forecast is what the quotas alone do to a number of calls. What the calls
// themselves take, repeats and others who use the quota come on top.
type Forecast struct {
	Calls int
	// Wait is how long the last of them waits for its turn, if the places used now
	// come back no sooner than a whole minute or 24 hours from now.
	Wait time.Duration
	// Days is how often the quota of a day runs out on the way: a run stops there
	// with ErrRateLimited, and is continued later. Zero means that today's is
	// enough.
	Days int
}

// Forecast tells before a run what the quotas do to that many calls from now on.
// A list costs one call, Clients.All and Contacts.All one for each 500 items,
// Costs.List one for each 1,000 and one more, and a list over a span of more than
// 360 days one for each 360; everything else costs one each.
func (c *Client) Forecast(calls int) Forecast { return c.Quota().Forecast(calls) }

// Forecast is that of Client, for a quota that is known from elsewhere. What is
// not known counts as not used.
func (q Quota) Forecast(calls int) Forecast {
	f := Forecast{Calls: calls}
	minute, day := q.Minute, q.Day
	if minute < 0 {
		minute = minuteLimit
	}
	if day < 0 {
		day = dayLimit
	}
	left := max(calls, 0)
	if left > day {
		left -= day
		f.Days = 1 + (left-1)/dayLimit
		left -= (f.Days - 1) * dayLimit
		minute = minuteLimit
	}
	f.Wait = time.Duration(f.Days) * 24 * time.Hour
	if left > minute {
		f.Wait += time.Duration(1+(left-minute-1)/minuteLimit) * time.Minute
	}
	return f
}
