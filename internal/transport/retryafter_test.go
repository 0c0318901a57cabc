package transport

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const date = "Sun, 01 Mar 2026 09:00:00 GMT" // the server's clock is three hours late
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"0", "", 0},
		{"22", "", 22 * time.Second},
		{" 22 ", "", 22 * time.Second},
		{"-5", "", 0},
		{"1.5", "", 0},
		{"soon", "", 0},
		{"86400", "", 24 * time.Hour},
		{"2147483647", "", longestRetryAfter},
		{"2147483648", "", longestRetryAfter},
		{"9223372037", "", longestRetryAfter},           // overflows a Duration
		{"99999999999999999999", "", longestRetryAfter}, // overflows 64 bits
		{"-99999999999999999999", "", 0},
		{"Sun, 01 Mar 2026 12:01:00 GMT", "", time.Minute},
		{"Sun, 01 Mar 2026 09:01:00 GMT", date, time.Minute},
		{"Sunday, 01-Mar-26 09:01:00 GMT", date, time.Minute}, // RFC 850
		{"Sun Mar  1 09:01:00 2026", date, time.Minute},       // asctime
		{"Sun, 01 Mar 2026 08:00:00 GMT", date, 0},
		{"Sun, 01 Mar 2026 12:01:00 GMT", "today", time.Minute},
		{"Fri, 31 Dec 9999 23:59:59 GMT", date, longestRetryAfter},
	} {
		h := http.Header{"Retry-After": {c.value}, "Date": {c.date}}
		if got := RetryAfter(h, now); got != c.want {
			t.Errorf("Retry-After %q with Date %q is %s, want %s", c.value, c.date, got, c.want)
		}
	}
	if got := RetryAfter(nil, now); got != 0 {
		t.Errorf("no header gives %s", got)
	}
}
