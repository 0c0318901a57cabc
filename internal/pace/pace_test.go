package pace

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sort"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

var _ transport.Limiter = (*Pacer)(nil)

// xpm is the quota that Xero documents.
var xpm = Quota{Concurrent: 5, Minute: 60, Day: 5000}

// server counts exactly: what it received in the last minute and day.
type server struct {
	quota      Quota
	mu         sync.Mutex
	received   []time.Time
	inFlight   int
	refused    int
	mostAtOnce int
}

// receive takes one call, or refuses it. It returns the headers of its answer.
func (s *server) receive() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight++
	s.mostAtOnce = max(s.mostAtOnce, s.inFlight)
	minute, day := s.count(time.Minute), s.count(24*time.Hour)
	if minute >= s.quota.Minute || day >= s.quota.Day || s.inFlight > s.quota.Concurrent {
		s.refused++
	} else {
		s.received = append(s.received, time.Now())
		minute, day = minute+1, day+1
	}
	return http.Header{
		"X-Minlimit-Remaining": {strconv.Itoa(s.quota.Minute - minute)},
		"X-Daylimit-Remaining": {strconv.Itoa(s.quota.Day - day)},
	}
}

// count is how many calls the last span holds, its far end included.
func (s *server) count(span time.Duration) int {
	return len(s.received) - sort.Search(len(s.received), func(i int) bool { return time.Since(s.received[i]) <= span })
}

func (s *server) done() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

// call is one call through p, with a latency of 100 to 500 ms on both ways.
func call(ctx context.Context, p *Pacer, s *server, r *rand.Rand) error {
	there, back := time.Duration(50+r.IntN(200))*time.Millisecond, time.Duration(50+r.IntN(200))*time.Millisecond
	release, err := p.Acquire(ctx)
	if err != nil {
		return err
	}
	time.Sleep(there)
	h := s.receive()
	time.Sleep(back)
	s.done()
	release(h)
	return nil
}

// run makes calls with workers and returns the virtual time that they took. A
// spent day is waited for as a runner does.
func run(t *testing.T, p *Pacer, s *server, calls, workers int) time.Duration {
	t.Helper()
	jobs := make(chan int)
	var wg sync.WaitGroup
	start := time.Now()
	for w := range workers {
		r := rand.New(rand.NewPCG(uint64(w), 7))
		wg.Go(func() {
			for range jobs {
				for {
					err := call(context.Background(), p, s, r)
					var full *fullError
					if errors.As(err, &full) {
						time.Sleep(full.RetryAfter())
						continue
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	for i := range calls {
		jobs <- i
	}
	close(jobs)
	wg.Wait()
	return time.Since(start)
}

// bound is what the quotas alone make so many calls last.
func bound(calls int, q Quota) time.Duration {
	days := (calls - 1) / q.Day
	rest := calls - q.Day*days
	return time.Duration(days)*24*time.Hour + time.Duration((rest-1)/q.Minute)*time.Minute
}

// F2 and F3: no refusals, and the wall is close to what the quota allows.
func TestPacer_ReachesTheBoundWithoutRefusals(t *testing.T) {
	for _, c := range []struct {
		calls, workers int
		ratio          float64
	}{
		{1000, 5, 1.03},
		{1000, 50, 1.03},
		{10_000, 5, 1.001},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{quota: xpm}
			took := run(t, New(xpm), s, c.calls, c.workers)
			ratio := float64(took) / float64(bound(c.calls, xpm))
			t.Logf("%d calls, %d workers: %s, %.4f of the bound", c.calls, c.workers, took, ratio)
			if s.refused > 0 {
				t.Errorf("%d calls refused", s.refused)
			}
			if ratio > c.ratio {
				t.Errorf("wall/bound is %.4f, want at most %.4f", ratio, c.ratio)
			}
			if s.mostAtOnce != xpm.Concurrent {
				t.Errorf("%d calls at once, want %d", s.mostAtOnce, xpm.Concurrent)
			}
			if len(s.received) != c.calls {
				t.Errorf("%d calls received, want %d", len(s.received), c.calls)
			}
		})
	}
}

// use makes n calls that take no time.
func use(t *testing.T, p *Pacer, n int, h http.Header) {
	t.Helper()
	for range n {
		release, err := p.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		release(h)
	}
}

func TestPacer_ReturnsLongWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Minute: 100, Day: 3})
		use(t, p, 3, nil)
		time.Sleep(time.Hour)
		start := time.Now()
		_, err := p.Acquire(context.Background())
		var full interface {
			RetryAfter() time.Duration
			Limit() string
		}
		if !errors.As(err, &full) || !errors.Is(err, apierr.ErrRateLimited) {
			t.Fatalf("error is %v", err)
		}
		if full.RetryAfter() != 23*time.Hour || full.Limit() != "day" || time.Since(start) != 0 {
			t.Errorf("wait %s for the %s after %s; want 23h for the day at once", full.RetryAfter(), full.Limit(), time.Since(start))
		}
		time.Sleep(full.RetryAfter())
		use(t, p, 1, nil)
	})
}

func TestPacer_MaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Minute: 1}, MaxWait(59*time.Second))
		use(t, p, 1, nil)
		if _, err := p.Acquire(context.Background()); !errors.Is(err, apierr.ErrRateLimited) {
			t.Fatalf("error is %v, want ErrRateLimited", err)
		}
		time.Sleep(time.Second)
		use(t, p, 1, nil) // 59 s are slept
	})
}

func TestPacer_CancelledWaitsUseNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Concurrent: 2, Minute: 4})
		use(t, p, 4, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		for range 10 { // two wait for a minute's place, the others for one of the two
			wg.Go(func() {
				if _, err := p.Acquire(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("error is %v, want context.Canceled", err)
				}
			})
		}
		time.Sleep(30 * time.Second)
		start := time.Now()
		cancel()
		wg.Wait()
		if d := time.Since(start); d != 0 {
			t.Errorf("cancelled waits returned after %s", d)
		}
		time.Sleep(30 * time.Second)
		start = time.Now()
		use(t, p, 4, nil)
		if d := time.Since(start); d != 0 {
			t.Errorf("a cancelled wait used a place: the next four calls took %s", d)
		}
		if _, err := p.Acquire(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error for a context that has ended is %v", err)
		}
	})
}

func TestPacer_CountsFromTheEndOfACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Minute: 1})
		release, err := p.Acquire(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Second)
		release(nil)
		release(nil) // does nothing
		start := time.Now()
		use(t, p, 1, nil)
		if d := time.Since(start); d != time.Minute {
			t.Errorf("next call started %s after the end of the one before, want 1m", d)
		}
	})
}

func remaining(minute, day string) http.Header {
	return http.Header{"X-Minlimit-Remaining": {minute}, "X-Daylimit-Remaining": {day}}
}

func TestPacer_LearnsFromAnswers(t *testing.T) {
	for _, c := range []struct {
		name        string
		header      http.Header
		minute, day int
	}{
		{"none", nil, 59, 4999},
		{"agreeing", remaining("59", "4999"), 59, 4999},
		{"others use it too", remaining("20", "100"), 20, 100},
		{"all used", remaining("0", "0"), 0, 0},
		{"more than there is", remaining("9000", "9000"), 59, 4999},
		{"no numbers", remaining("many", "-5"), 59, 4999},
		{"too large", remaining("99999999999999999999", "4999"), 59, 4999},
		{"refused without numbers", http.Header{"X-Rate-Limit-Problem": {"minute"}}, 0, 4999},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := New(xpm)
				use(t, p, 1, c.header)
				if minute, day := p.Left(); minute != c.minute || day != c.day {
					t.Errorf("Left() = %d, %d; want %d, %d", minute, day, c.minute, c.day)
				}
			})
		})
	}
}

func TestPacer_ForgetsOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(xpm)
		use(t, p, 1, remaining("10", "1000"))
		time.Sleep(time.Minute)
		if minute, day := p.Left(); minute != 60 || day != 1000 {
			t.Errorf("after a minute Left() = %d, %d; want 60, 1000", minute, day)
		}
		use(t, p, 1, remaining("59", "3000"))
		if _, day := p.Left(); day != 3000 {
			t.Errorf("the server says 3000 and Left() says %d", day)
		}
		time.Sleep(time.Hour)
		if _, day := p.Left(); day != 4998 {
			t.Errorf("after an hour Left() = %d, want 4998", day)
		}
	})
}

// A refusal says when the place is free, for all callers.
func TestPacer_HoldsAllCallersAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(xpm)
		h := remaining("0", "4000")
		h.Set("X-Rate-Limit-Problem", "minute")
		h.Set("Retry-After", "22")
		use(t, p, 1, h)
		start := time.Now()
		use(t, p, 1, nil)
		if d := time.Since(start); d != 22*time.Second {
			t.Errorf("next call after %s, want 22s", d)
		}
	})
}

// Calls in flight at once do not count each other as others'.
func TestPacer_OwnCallsAreNotOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(xpm)
		var releases []func(http.Header)
		for range 5 {
			r, err := p.Acquire(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, r)
		}
		for _, r := range releases { // all five were counted before the first answer
			r(remaining("55", "4995"))
		}
		if minute, day := p.Left(); minute != 55 || day != 4995 {
			t.Errorf("Left() = %d, %d; want 55, 4995", minute, day)
		}
	})
}

func TestPacer_WithoutLimits(t *testing.T) {
	p := New(Quota{})
	use(t, p, 10_000, remaining("0", "0"))
	if minute, day := p.Left(); minute != -1 || day != -1 {
		t.Errorf("Left() = %d, %d; want -1, -1", minute, day)
	}
}

// A run asks when a day has so many places again before it begins what needs them.
func TestPacer_FreeAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Concurrent: 2, Day: 10})
		began := time.Now()
		if got := p.FreeAt(10); !got.Equal(began) {
			t.Errorf("unused, it is free at %s", got.Sub(began))
		}
		for range 6 {
			release, err := p.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
			release(nil)
		}
		for places, want := range map[int]time.Duration{
			4: 6 * time.Minute, 5: 24*time.Hour + time.Minute, 10: 24*time.Hour + 6*time.Minute, 99: 24*time.Hour + 6*time.Minute,
		} {
			if got := p.FreeAt(places).Sub(began); got != want {
				t.Errorf("%d places are free after %s, want %s", places, got, want)
			}
		}
		// Others have used all the rest: that is believed for an hour.
		release, err := p.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		release(http.Header{"X-Daylimit-Remaining": {"0"}})
		if got := p.FreeAt(1).Sub(began); got != time.Hour+6*time.Minute {
			t.Errorf("with others, asked again after %s", got)
		}
	})
	// Places come back at the pace at which they were taken: what is made as fast can
	// begin with the first of them.
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Minute: 2, Day: 6})
		began := time.Now()
		for range 6 {
			release, err := p.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			release(nil)
		}
		time.Sleep(time.Hour)
		for calls, want := range map[int]time.Duration{1: 24 * time.Hour, 2: 24 * time.Hour, 6: 24 * time.Hour} {
			if got := p.FreeAt(calls).Sub(began); got != want {
				t.Errorf("%d calls may begin after %s, want %s", calls, got, want)
			}
		}
	})
	if got := New(Quota{Minute: 5}).FreeAt(100); time.Since(got) > time.Minute {
		t.Errorf("without a quota of the day: %s", got)
	}
}

// Who waits longest is served first.
func TestPacer_FirstCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Quota{Concurrent: 9, Minute: 9})
		for range 9 {
			release, err := p.Acquire(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			release(nil)
		}
		var mu sync.Mutex
		var served []int
		for i := range 8 {
			time.Sleep(time.Millisecond)
			go func() {
				if release, err := p.Acquire(t.Context()); err == nil {
					mu.Lock()
					served = append(served, i)
					mu.Unlock()
					release(nil)
				}
			}()
		}
		time.Sleep(2 * time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if len(served) != 8 || !sort.IntsAreSorted(served) {
			t.Errorf("served in the order %v", served)
		}
	})
}
