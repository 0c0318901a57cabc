package sim

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/xpm"
)

func get(s offboard.Systems) error {
	_, err := s.XPM.Clients.Get(context.Background(), uuid[xpm.ClientUUID](leaving))
	return err
}

// Five calls at once, sixty in any sixty seconds, and so many in any 24 hours.
func TestQuota(t *testing.T) {
	for _, c := range []struct {
		limit string
		quota Quota
		wait  time.Duration
	}{
		{"minute", Quota{Minute: 60, Day: 5000}, time.Minute},
		{"day", Quota{Day: 60}, 24 * time.Hour},
	} {
		world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
			p.Quota = c.quota
			for range 60 {
				time.Sleep(time.Millisecond)
				if err := get(s); err != nil {
					t.Fatal(err)
				}
			}
			var refused *xpm.Error
			if err := get(s); !errors.As(err, &refused) || !errors.Is(err, xpm.ErrRateLimited) || refused.Limit != c.limit || refused.RetryAfter != c.wait-59*time.Millisecond {
				t.Fatalf("%s: %v, %+v", c.limit, err, refused)
			}
			time.Sleep(refused.RetryAfter - time.Nanosecond)
			if get(s) == nil {
				t.Errorf("%s: let through an instant too soon", c.limit)
			}
			time.Sleep(time.Nanosecond)
			if err := get(s); err != nil {
				t.Errorf("%s: %v", c.limit, err)
			}
			if total := p.Total(XPM); total.Calls != 63 || total.Refused != 2 {
				t.Errorf("%+v", total)
			}
		})
	}
}

func TestQuota_AtOnce(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		p.Quota = XPMQuota
		p.Latency = func(Call) time.Duration { return time.Second }
		var wait sync.WaitGroup
		for range 6 {
			wait.Go(func() { _ = get(s) })
		}
		wait.Wait()
		if total := p.Total(XPM); total.Refused != 1 {
			t.Errorf("%d of 6 calls at once are refused, want 1", total.Refused)
		}
	})
}

// With the limiter of package xpm nothing is refused, and two minutes of quota take
// little more than two minutes.
func TestQuota_Limiter(t *testing.T) {
	world(t, small(nimbus.EditionCDM), func(t *testing.T, p *Practice, s offboard.Systems) {
		p.Quota, p.Limiter, p.Latency = XPMQuota, xpm.NewLimiter(), Jitter(1, 50*time.Millisecond, 400*time.Millisecond)
		began := time.Now()
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 20 {
					if err := get(s); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if total, took := p.Total(XPM), time.Since(began); total.Refused != 0 || took < 2*time.Minute || took > 2*time.Minute+20*time.Second {
			t.Errorf("%d of %d calls refused, in %s", total.Refused, total.Calls, took)
		}
	})
}

// Equal seeds give equal traces, another seed another one.
func TestTrace(t *testing.T) {
	trace := func(seed uint64) (digest uint64, took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			v := variants()[0]
			p, err := New(v.world)
			if err != nil {
				t.Fatal(err)
			}
			p.Latency = Jitter(seed, 50*time.Millisecond, 400*time.Millisecond)
			began := time.Now()
			offboarded(t, v.spec, p.Systems(), &Journal{})
			digest, took = p.Trace(), time.Since(began)
		})
		return digest, took
	}
	first, took := trace(1)
	if again, _ := trace(1); again != first {
		t.Error("two runs with one seed differ")
	}
	if other, _ := trace(2); other == first || took < time.Second {
		t.Errorf("another seed gives the same, or nothing took any time (%s)", took)
	}
}

// Bytes are those of what XPM tells: slim lists where fields were asked for.
func TestTraffic(t *testing.T) {
	w := small(nimbus.EditionCDM)
	w.Clients[leaving].Jobs = 2
	world(t, w, func(t *testing.T, p *Practice, s offboard.Systems) {
		p.Sizes = Sizes{Client: 5500, Slim: 250, Job: 600}
		for _, o := range []xpm.ListOptions{{}, {Fields: []string{"Name"}}} {
			for _, err := range s.XPM.Clients.List(t.Context(), o) {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, err := range s.XPM.Jobs.Current(t.Context(), xpm.CurrentOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		archive(t, s, leaving)
		got := p.Traffic(XPM)
		if got["Clients.List"].Bytes != 2*5500+2*250 || got["Jobs.Current"].Bytes != 2*600 || got["Clients.Archive"].Bytes != 5500 {
			t.Errorf("%+v", got)
		}
	})
}
