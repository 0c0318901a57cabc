package clienttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// cancelled calls k and cancels it after 5 seconds.
func (t *trial) cancelled(k kind) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	time.AfterFunc(5*time.Second, cancel)
	start := time.Now()
	err := k.call(t.calls)(ctx)
	if took := time.Since(start); took != 5*time.Second {
		return fmt.Errorf("returned after %s, cancelled after 5 s (error %v)", took, err)
	}
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("error is %v, want %v", err, context.Canceled)
	}
	if inFlight := k.once && t.requestsOpen(); inFlight != errors.Is(err, apierr.ErrOutcomeUnknown) {
		return fmt.Errorf("error is %v; want ErrOutcomeUnknown to be %t", err, inFlight)
	}
	return nil
}

// requestsOpen tells whether the last request had no answer.
func (t *trial) requestsOpen() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.requests)+len(t.others) > t.opened
}

func checkCancelWait(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(always(status(429).with("Retry-After", "20")))
		if err != nil {
			return err
		}
		return errors.Join(t.cancelled(k), t.wants(nil, nil, 1))
	})
}

// silent never answers.
func silent(_ int, r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func checkCancelInFlight(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(silent)
		if err != nil {
			return err
		}
		return errors.Join(t.cancelled(k), t.wants(nil, nil, 1))
	})
}

// patience is how long the checks wait for a client to give up by itself.
const patience = 4 * time.Hour

func (s Subject) givenUp(k kind, sc script) error {
	t, err := s.try(sc)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err = k.call(t.calls)(ctx)
	switch {
	case ctx.Err() != nil || err == nil:
		return fmt.Errorf("not given up within %s (error %v)", patience, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("error %v looks like the caller's deadline", err)
	case k.once && (!errors.Is(err, apierr.ErrOutcomeUnknown) || len(t.requests) != 1):
		return fmt.Errorf("%d requests, error %v; want 1 and ErrOutcomeUnknown", len(t.requests), err)
	}
	return nil
}

func checkSilentServer(s Subject) error {
	return s.each(func(k kind) error { return s.givenUp(k, silent) })
}

func checkSilentBody(s Subject) error {
	return s.each(func(k kind) error {
		if k.ok.Body == "" {
			return nil
		}
		return s.givenUp(k, func(_ int, r *http.Request) (*http.Response, error) {
			resp := k.ok.response()
			half := strings.NewReader(k.ok.Body[:len(k.ok.Body)/2])
			resp.Body = io.NopCloser(io.MultiReader(half, silentBody{r.Context()}))
			return resp, nil
		})
	})
}

type silentBody struct{ ctx context.Context }

func (b silentBody) Read([]byte) (int, error) {
	<-b.ctx.Done()
	return 0, context.Cause(b.ctx)
}

func checkConcurrent(s Subject) error {
	return s.each(func(k kind) error {
		t, err := s.try(always(k.ok))
		if err != nil {
			return err
		}
		const callers = 16
		errs := make([]error, callers)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = k.call(t.calls)(context.Background()) })
		}
		wg.Wait()
		return errors.Join(t.wants(errors.Join(errs...), nil, callers), t.oneHost())
	})
}
