package xpm_test

import (
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

func TestClient_Quota(t *testing.T) {
	if got := newClient(t, ok(archived)).Quota(); got != (xpm.Quota{Minute: -1, Day: -1}) {
		t.Errorf("a limiter that tells nothing: %+v", got)
	}
	synctest.Test(t, func(t *testing.T) {
		shared := xpm.NewLimiter()
		used := answer(http.StatusOK, "text/xml", archived)
		left := 50
		rt := roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := used(r)
			resp.Header.Set("X-MinLimit-Remaining", strconv.Itoa(left))
			resp.Header.Set("X-DayLimit-Remaining", strconv.Itoa(4000))
			return resp, err
		})
		with := func(c *xpm.Config) { c.Limiter = shared }
		a, b := newClient(t, rt, with), newClient(t, rt, with)
		if got := a.Quota(); got != (xpm.Quota{Minute: 60, Day: 5000}) {
			t.Errorf("unused: %+v", got)
		}
		if _, err := a.Clients.Get(t.Context(), acme); err != nil {
			t.Fatal(err)
		}
		// The server says that others have used some; the other client knows too.
		if got := b.Quota(); got != (xpm.Quota{Minute: 50, Day: 4000}) {
			t.Errorf("after one call: %+v", got)
		}
		time.Sleep(time.Minute)
		if got := a.Quota(); got.Minute != 60 || got.Day >= 5000 {
			t.Errorf("a minute later: %+v", got)
		}
	})
}

// When so many calls may start is known from the limiter, and else is now.
func TestClient_FreeAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, ok(archived), func(c *xpm.Config) { c.Limiter = xpm.NewLimiter() })
		if _, err := c.Clients.Get(t.Context(), acme); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(c.FreeAt(4999)); got != 0 {
			t.Errorf("what is left is free in %s", got)
		}
		// The last of them begins 83 minutes after the first.
		if got := time.Until(c.FreeAt(5000)); got != 24*time.Hour-83*time.Minute {
			t.Errorf("a whole day's quota is free in %s", got)
		}
		if got := time.Until(newClient(t, ok(archived)).FreeAt(5000)); got != 0 {
			t.Errorf("with a limiter that tells nothing: in %s", got)
		}
	})
}

func TestQuota_Forecast(t *testing.T) {
	const day = 24 * time.Hour
	full := xpm.Quota{Minute: 60, Day: 5000}
	for _, c := range []struct {
		left  xpm.Quota
		calls int
		wait  time.Duration
		days  int
	}{
		{full, -1, 0, 0},
		{full, 0, 0, 0},
		{full, 60, 0, 0},
		{full, 61, time.Minute, 0},
		{full, 120, time.Minute, 0},
		{full, 121, 2 * time.Minute, 0},
		{full, 5000, 83 * time.Minute, 0},
		{full, 5001, day, 1},
		{full, 5061, day + time.Minute, 1},
		{full, 10000, day + 83*time.Minute, 1},
		{full, 10001, 2 * day, 2},
		{xpm.Quota{Minute: 10, Day: 4000}, 10, 0, 0},
		{xpm.Quota{Minute: 10, Day: 4000}, 11, time.Minute, 0},
		{xpm.Quota{Minute: 10, Day: 4000}, 71, 2 * time.Minute, 0},
		{xpm.Quota{Minute: 0, Day: 0}, 1, day, 1},
		{xpm.Quota{Minute: 60, Day: 20}, 21, day, 1},
		{xpm.Quota{Minute: -1, Day: -1}, 61, time.Minute, 0},
	} {
		want := xpm.Forecast{Calls: c.calls, Wait: c.wait, Days: c.days}
		if got := c.left.Forecast(c.calls); got != want {
			t.Errorf("%d calls with %+v left: %+v, want %+v", c.calls, c.left, got, want)
		}
	}
}

// A forecast is kept: that is how long the calls take against the quotas of the
// fake, to within the latency of a call.
func TestClient_Forecast_IsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := xpmtest.New(xpmtest.Config{})
		srv.AddClient(xpmtest.Client{UUID: string(acme), Name: "Acme Pty Ltd"})
		c := newClient(t, srv.HTTPClient().Transport, func(c *xpm.Config) {
			c.TenantID, c.TokenSource, c.Limiter = xpmtest.Tenant, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: xpmtest.Token}), nil
		})
		const calls = 200
		forecast, start := c.Forecast(calls), time.Now()
		for range calls {
			if _, err := c.Clients.Get(t.Context(), acme); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); forecast.Days != 0 || took < forecast.Wait-time.Second || took > forecast.Wait+time.Second {
			t.Errorf("took %v, forecast %+v", took, forecast)
		}
	})
}
