package transport

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Whatever the headers say, a wait is neither negative nor without bound, and a
// number of seconds is that number.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range [][2]string{
		{"22", ""}, {"0", ""}, {"-1", ""}, {"1.5", ""}, {" 7 ", ""}, {"86400", ""}, {"2147483648", ""}, {"9223372036854775808", ""},
		{"Sun, 01 Mar 2026 12:01:00 GMT", "Sun, 01 Mar 2026 09:00:00 GMT"}, {"Sunday, 01-Mar-26 12:01:00 GMT", ""},
		{"Sun Mar  1 12:01:00 2026", "soon"}, {"Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT"},
	} {
		f.Add(seed[0], seed[1])
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, value, date string) {
		got := RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if got < 0 || got > longestRetryAfter {
			t.Fatalf("%q at %q is %v", value, date, got)
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64); err == nil {
			if want := time.Duration(min(max(n, 0), int64(longestRetryAfter/time.Second))) * time.Second; got != want {
				t.Errorf("%q is %v, want %v", value, got, want)
			}
		}
	})
}
