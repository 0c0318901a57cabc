package transport

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestRetryAfter stands for any wait that does not fit 32 bits of seconds.
const longestRetryAfter = math.MaxInt32 * time.Second

// RetryAfter reads the header Retry-After, in seconds or as an HTTP date. A date
// is taken relative to the server's own Date, so that clock skew does not
// matter. It is 0 for a header that is missing, malformed or in the past.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	seconds, err := strconv.ParseInt(v, 10, 32)
	switch {
	case err == nil:
		return time.Duration(max(seconds, 0)) * time.Second
	case errors.Is(err, strconv.ErrRange) && seconds > 0:
		return longestRetryAfter
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), longestRetryAfter)
}
