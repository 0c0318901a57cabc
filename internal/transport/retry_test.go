package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// The table of doc.go. Each case fails once and then succeeds.
func TestClient_RepeatsByEffect(t *testing.T) {
	var (
		refused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		lookup  = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "api.example.com"}}
		reset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	)
	for _, c := range []struct {
		name string
		fail func(*http.Request) (*http.Response, error)
		// The errors of a repeatable operation and of one that is Once; nil
		// where it is repeated.
		repeatable, once error
	}{
		{"dial", failure(refused), nil, nil},
		{"DNS", failure(lookup), nil, nil},
		{"reset", failure(reset), nil, apierr.ErrOutcomeUnknown},
		{"EOF", failure(io.EOF), nil, apierr.ErrOutcomeUnknown},
		{"unknown error", failure(errors.New("odd")), nil, apierr.ErrOutcomeUnknown},
		{"neither", func(*http.Request) (*http.Response, error) { return nil, nil }, nil, apierr.ErrOutcomeUnknown},
		{"silence", silence, nil, apierr.ErrOutcomeUnknown},
		{"429", answer(429, ""), nil, nil},
		{"throttled 403", answer(403, "slow down"), nil, nil},
		{"408", answer(408, ""), nil, apierr.ErrOutcomeUnknown},
		{"500", answer(500, ""), nil, apierr.ErrOutcomeUnknown},
		{"502", answer(502, ""), nil, apierr.ErrOutcomeUnknown},
		{"503", answer(503, ""), nil, apierr.ErrOutcomeUnknown},
		{"504", answer(504, ""), nil, apierr.ErrOutcomeUnknown},
		{"522", answer(522, ""), nil, apierr.ErrOutcomeUnknown},
		{"501", answer(501, ""), apierr.ErrCapabilityUnavailable, apierr.ErrCapabilityUnavailable},
		{"100", answer(100, ""), apierr.ErrInvalid, apierr.ErrInvalid},
		{"302", answer(302, "", "Location", "/b"), apierr.ErrInvalid, apierr.ErrInvalid},
		{"400", answer(400, ""), apierr.ErrInvalid, apierr.ErrInvalid},
		{"401", answer(401, ""), apierr.ErrUnauthorized, apierr.ErrUnauthorized},
		{"403", answer(403, "no"), apierr.ErrForbidden, apierr.ErrForbidden},
		{"404", answer(404, ""), apierr.ErrNotFound, apierr.ErrNotFound},
		{"409", answer(409, ""), apierr.ErrConflict, apierr.ErrConflict},
		{"410", answer(410, ""), apierr.ErrNotFound, apierr.ErrNotFound},
		{"412", answer(412, ""), apierr.ErrConflict, apierr.ErrConflict},
		{"413", answer(413, ""), apierr.ErrTooLarge, apierr.ErrTooLarge},
		{"418", answer(418, ""), apierr.ErrInvalid, apierr.ErrInvalid},
		{"422", answer(422, ""), apierr.ErrInvalid, apierr.ErrInvalid},
	} {
		for effect, want := range map[Effect]error{Read: c.repeatable, Repeatable: c.repeatable, Once: c.once} {
			t.Run(fmt.Sprintf("%s/%d", c.name, effect), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					f := server(c.fail, answer(200, "ok"))
					c := client(t, f, func(c *Config) {
						c.Throttled = func(status int, _ http.Header, body []byte) bool { return string(body) == "slow down" }
					})
					got, err := read(context.Background(), c, request(effect))
					requests := 2
					if want != nil {
						requests = 1
					}
					if !errors.Is(err, want) || (want == nil && (err != nil || got != "ok")) || len(f.requests) != requests {
						t.Errorf("%q, error %v, %d requests; want %v and %d", got, err, len(f.requests), want, requests)
					}
					if want != nil && asFailure(t, err).Attempts != 1 {
						t.Errorf("%d attempts in the error, want 1", asFailure(t, err).Attempts)
					}
					for _, body := range f.bodies {
						if effect != Read && body != "body" {
							t.Errorf("bodies sent: %q", f.bodies)
						}
					}
					if f.open != 0 {
						t.Errorf("%d bodies left open", f.open)
					}
				})
			})
		}
	}
}

func TestClient_RunsOutOfRetries(t *testing.T) {
	for _, c := range []struct {
		fail     func(*http.Request) (*http.Response, error)
		retries  int
		want     error
		requests int
		took     time.Duration
	}{
		{answer(503, ""), 0, apierr.ErrUnavailable, 4, 7 * time.Second},
		{answer(503, ""), -1, apierr.ErrUnavailable, 1, 0},
		{answer(503, ""), 1, apierr.ErrUnavailable, 2, time.Second},
		{answer(503, "", "Retry-After", "5"), 2, apierr.ErrUnavailable, 3, 10 * time.Second},
		{answer(429, "", "Retry-After", "1"), 2, apierr.ErrRateLimited, 3, 3 * time.Second}, // our own second wait is longer
		{failure(io.EOF), 6, apierr.ErrUnavailable, 7, 53 * time.Second},                    // 1+2+4+8+16 s and 22 s, the cap
	} {
		synctest.Test(t, func(t *testing.T) {
			f := server(c.fail)
			start := time.Now()
			cl := client(t, f, func(cfg *Config) { cfg.MaxRetries, cfg.MaxRetryWait = c.retries, 22*time.Second })
			_, err := cl.Do(context.Background(), request(Read))
			if !errors.Is(err, c.want) || len(f.requests) != c.requests || time.Since(start) != c.took {
				t.Errorf("error %v, %d requests, %s; want %v, %d, %s", err, len(f.requests), time.Since(start), c.want, c.requests, c.took)
			}
			if got := asFailure(t, err).Attempts; got != c.requests {
				t.Errorf("%d attempts in the error, want %d", got, c.requests)
			}
		})
	}
}

func TestClient_ReturnsWaitsBeyondTheCap(t *testing.T) {
	for _, effect := range []Effect{Read, Repeatable, Once} {
		synctest.Test(t, func(t *testing.T) {
			f := server(answer(429, "", "Retry-After", "31", "X-Rate-Limit-Problem", "day", "X-Request", "r7"), answer(200, ""))
			start := time.Now()
			_, err := client(t, f).Do(context.Background(), request(effect))
			got := asFailure(t, err)
			if !errors.Is(err, apierr.ErrRateLimited) || time.Since(start) != 0 || len(f.requests) != 1 {
				t.Errorf("error %v after %s, %d requests", err, time.Since(start), len(f.requests))
			}
			if got.RetryAfter != 31*time.Second || got.Limit != "day" || got.StatusCode != 429 || got.RequestID != "r7" {
				t.Errorf("failure %+v", got)
			}
			const text = "demo: Demo.Op: rate limited (status 429, limit day, retry after 31s, request r7)"
			if err.Error() != text {
				t.Errorf("error reads %q, want %q", err, text)
			}
		})
	}
}

func TestClient_WaitAtTheCapIsSlept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := server(answer(429, "", "Retry-After", "30"), answer(200, ""))
		start := time.Now()
		if _, err := read(context.Background(), client(t, f), request(Once)); err != nil || time.Since(start) != 30*time.Second {
			t.Errorf("error %v after %s, want none after 30s", err, time.Since(start))
		}
	})
}

func TestClient_CancelEndsAWaitAtOnce(t *testing.T) {
	for _, effect := range []Effect{Read, Repeatable, Once} {
		synctest.Test(t, func(t *testing.T) {
			f := server(answer(429, "", "Retry-After", "20"))
			ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
			defer cancel()
			start := time.Now()
			_, err := client(t, f).Do(ctx, request(effect))
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, apierr.ErrOutcomeUnknown) || time.Since(start) != 3*time.Second {
				t.Errorf("error %v after %s", err, time.Since(start))
			}
			if got := asFailure(t, err); got.StatusCode != 429 || got.RetryAfter != 20*time.Second || got.Attempts != 1 {
				t.Errorf("failure %+v", got)
			}
		})
	}
}

func TestClient_CancelInFlight(t *testing.T) {
	for effect, unknown := range map[Effect]bool{Read: false, Repeatable: false, Once: true} {
		synctest.Test(t, func(t *testing.T) {
			f := server(silence)
			ctx, cancel := context.WithCancel(context.Background())
			time.AfterFunc(time.Second, cancel)
			_, err := client(t, f).Do(ctx, request(effect))
			if !errors.Is(err, context.Canceled) || errors.Is(err, apierr.ErrOutcomeUnknown) != unknown || len(f.requests) != 1 {
				t.Errorf("effect %d: error %v, %d requests; want unknown to be %t", effect, err, len(f.requests), unknown)
			}
		})
	}
}

func TestClient_CancelledBeforeItStarts(t *testing.T) {
	f := server(answer(200, ""))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := client(t, f).Do(ctx, request(Once))
	if !errors.Is(err, context.Canceled) || errors.Is(err, apierr.ErrOutcomeUnknown) || len(f.requests) != 0 {
		t.Errorf("error %v, %d requests", err, len(f.requests))
	}
}

// A dial that times out is a context.DeadlineExceeded to errors.Is; the caller's
// context has nothing to do with it.
func TestClient_TimeoutsAreNotTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := server(failure(&net.OpError{Op: "dial", Err: context.DeadlineExceeded}))
		_, err := client(t, f).Do(context.Background(), request(Read))
		if errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, apierr.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	})
}

func TestClient_ErrorsQuoteNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cause := errors.New(`Get "https://api.example.com/base/a?key=hunter2": odd`)
		_, err := client(t, server(failure(cause))).Do(context.Background(), request(Read))
		if !errors.Is(err, cause) {
			t.Errorf("cause is lost in %v", err)
		}
		const text = "demo: Demo.Op: server unavailable: connection failed (4 attempts)"
		if err.Error() != text {
			t.Errorf("error reads %q, want %q", err, text)
		}
		_, err = client(t, server(answer(400, "hunter2"))).Do(context.Background(), request(Read))
		if strings.Contains(err.Error(), "hunter2") || string(asFailure(t, err).Body) != "hunter2" {
			t.Errorf("error reads %q, its body is %q", err, asFailure(t, err).Body)
		}
	})
}

func TestClient_ReadOnly(t *testing.T) {
	for _, effect := range []Effect{Repeatable, Once} {
		f := server(answer(200, ""))
		_, err := client(t, f, func(c *Config) { c.ReadOnly = true }).Do(context.Background(), request(effect))
		_, errCtx := client(t, f).Do(WithReadOnly(context.Background()), request(effect))
		if !errors.Is(err, apierr.ErrReadOnly) || !errors.Is(errCtx, apierr.ErrReadOnly) || len(f.requests) != 0 {
			t.Errorf("errors %v and %v, %d requests", err, errCtx, len(f.requests))
		}
	}
	f := server(answer(200, ""))
	if _, err := read(WithReadOnly(context.Background()), client(t, f), request(Read)); err != nil {
		t.Error(err)
	}
}

func TestFullJitter(t *testing.T) {
	var low, high bool
	for range 1000 {
		d := fullJitter(time.Second)
		if d < 0 || d > time.Second {
			t.Fatalf("jitter %s of a second", d)
		}
		low, high = low || d < 300*time.Millisecond, high || d > 700*time.Millisecond
	}
	if !low || !high {
		t.Error("jitter does not spread")
	}
}
