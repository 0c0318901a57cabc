package clienttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"syscall"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

func checkRetryAfter(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for name, wait := range map[string]Answer{
			"seconds": status(429).with("Retry-After", "7"),
			// The date counts from the server's clock, which is years off here.
			"date": status(429).with("Retry-After", "Mon, 02 Jan 2006 15:04:12 GMT").with("Date", "Mon, 02 Jan 2006 15:04:05 GMT"),
		} {
			t, err := s.try(first(wait, k.ok))
			if err != nil {
				return err
			}
			err = t.wants(k.call(t.calls)(context.Background()), nil, 2)
			if err == nil {
				if gap := t.requests[1].at.Sub(t.requests[0].at); gap < 7*time.Second || gap > 10*time.Second {
					err = fmt.Errorf("sent again after %s, want 7 s", gap)
				}
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkRetryAfterBeyondCap(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for value, want := range map[string]time.Duration{"3600": time.Hour, "86400": 24 * time.Hour, "9223372037": 1000 * time.Hour} {
			t, err := s.try(first(status(429).with("Retry-After", value), k.ok))
			if err != nil {
				return err
			}
			start := time.Now()
			got := k.call(t.calls)(context.Background())
			err = t.wants(got, apierr.ErrRateLimited, 1)
			if waited := time.Since(start); waited > time.Second {
				err = errors.Join(err, fmt.Errorf("slept %s", waited))
			}
			if d := retryAfterOf(got); d < want {
				err = errors.Join(err, fmt.Errorf("the error's RetryAfter is %s, want %s", d, want))
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("%s s: %w", value, err))
			}
		}
		return errors.Join(problems...)
	})
}

// retryAfterOf reads the field RetryAfter of a vendor's Error.
func retryAfterOf(err error) time.Duration {
	for ; err != nil; err = errors.Unwrap(err) {
		v := reflect.Indirect(reflect.ValueOf(err))
		if v.Kind() != reflect.Struct {
			continue
		}
		if f := v.FieldByName("RetryAfter"); f.IsValid() && f.Type() == reflect.TypeFor[time.Duration]() {
			return time.Duration(f.Int())
		}
	}
	return 0
}

func checkThrottling(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for i, a := range append([]Answer{status(429)}, s.Throttle...) {
			t, err := s.try(first(a, k.ok))
			if err != nil {
				return err
			}
			if err := t.wants(k.call(t.calls)(context.Background()), nil, 2); err != nil {
				problems = append(problems, fmt.Errorf("form %d: %w", i, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkThrottledForever(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for i, a := range append([]Answer{status(429)}, s.Throttle...) {
			t, err := s.try(always(a))
			if err != nil {
				return err
			}
			if err := t.wants(k.call(t.calls)(context.Background()), apierr.ErrRateLimited, 3); err != nil {
				problems = append(problems, fmt.Errorf("form %d: %w", i, err))
			}
		}
		return errors.Join(problems...)
	})
}

// lost judges a trial in which the server fails for good, after the request has
// reached it.
func (s Subject) lost(k kind, sc script) error {
	t, err := s.try(sc)
	if err != nil {
		return err
	}
	want, requests := apierr.ErrUnavailable, 3
	if k.once {
		want, requests = apierr.ErrOutcomeUnknown, 1
	}
	return t.wants(k.call(t.calls)(context.Background()), want, requests)
}

func checkServerErrors(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for _, code := range []int{408, 500, 502, 503, 504} {
			if err := s.lost(k, always(status(code))); err != nil {
				problems = append(problems, fmt.Errorf("%d: %w", code, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkConnectionLost(s Subject) error {
	return s.each(func(k kind) error {
		reset := &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
		return s.lost(k, func(int, *http.Request) (*http.Response, error) { return nil, reset })
	})
}

func checkNoConnection(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for name, failure := range map[string]error{
			"refused":   &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
			"not found": &net.DNSError{Err: "no such host", Name: host, IsNotFound: true},
		} {
			t, err := s.try(func(n int, _ *http.Request) (*http.Response, error) {
				if n == 0 {
					return nil, failure
				}
				return k.ok.response(), nil
			})
			if err != nil {
				return err
			}
			if err := t.wants(k.call(t.calls)(context.Background()), nil, 2); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", name, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkNoRetries(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(always(status(429)), func(c *Config) { c.MaxRetries = -1 })
		if err != nil {
			return err
		}
		return t.wants(k.call(t.calls)(context.Background()), apierr.ErrRateLimited, 1)
	})
}

func checkRefusals(s Subject) error {
	return s.each(func(k kind) error {
		var problems []error
		for code, want := range map[int]error{
			400: apierr.ErrInvalid, 403: apierr.ErrForbidden, 404: apierr.ErrNotFound,
			409: apierr.ErrConflict, 501: apierr.ErrCapabilityUnavailable,
		} {
			t, err := s.try(always(status(code)))
			if err != nil {
				return err
			}
			if err := t.wants(k.call(t.calls)(context.Background()), want, 1); err != nil {
				problems = append(problems, fmt.Errorf("%d: %w", code, err))
			}
		}
		return errors.Join(problems...)
	})
}

func checkUnauthorized(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(always(status(401)))
		if err != nil {
			return err
		}
		err = k.call(t.calls)(context.Background())
		if n := len(t.requests); !errors.Is(err, apierr.ErrUnauthorized) || n < 1 || n > 2 {
			return fmt.Errorf("always 401: %d requests, error %v; want 1 or 2, and ErrUnauthorized", n, err)
		}
		if t, err = s.try(first(status(401), k.ok)); err != nil {
			return err
		}
		// A client with other credentials at hand sends the request once more.
		switch err, n := k.call(t.calls)(context.Background()), len(t.requests); {
		case n == 2 && err == nil, n == 1 && errors.Is(err, apierr.ErrUnauthorized):
			return nil
		default:
			return fmt.Errorf("401 once: %d requests, error %v", n, err)
		}
	})
}
