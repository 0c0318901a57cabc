package transport

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/practicekit/offboarding/internal/apierr"
)

// call is one Do: the request, and what its attempts have shown so far. It
// travels to the attempts in the request's context.
type call struct {
	*Client
	r    Request
	url  url.URL
	loop retryablehttp.Client
	req  retryablehttp.Request

	attempts int      // requests sent
	renewed  bool     // the credentials were renewed once
	again    bool     // the last attempt failed in a way that may be repeated
	last     *Failure // of the last attempt
}

type callKey struct{}

func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// retry runs the attempts in go-retryablehttp's loop. Every decision is ours:
// its defaults repeat writes, sleep as long as a server says and print URLs.
func (k *call) retry(ctx context.Context) (*http.Response, *Failure) {
	k.loop.HTTPClient = k.stack
	k.loop.RetryMax = k.cfg.MaxRetries
	k.loop.CheckRetry = checkRetry
	k.loop.Backoff = k.backoff
	k.loop.ErrorHandler = retryablehttp.PassthroughErrorHandler
	k.req.Request = k.newRequest(context.WithValue(ctx, callKey{}, k), &k.url)
	resp, err := k.loop.Do(&k.req)
	var f *Failure
	switch {
	case err == nil:
		return resp, nil
	case errors.As(err, &f): // inside the *url.Error of http.Client, which holds the address
		return nil, f
	case k.last != nil && ctx.Err() != nil:
		return nil, k.ended(ctx)
	default:
		return nil, k.failure(&reason{sentinel: apierr.ErrInvalid, text: "request not accepted by net/http", cause: err})
	}
}

// stack is everything below the retries, as the loop's transport. An answer
// that is not 2xx is an error already here, so that http.Client has no redirect
// to look at.
type stack struct{}

func (stack) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	k := callOf(ctx)
	k.again = false
	resp, f := k.authorized(ctx)
	if f == nil {
		return resp, nil
	}
	if k.again && f.RetryAfter > k.cfg.MaxRetryWait {
		k.again = false
	}
	k.last = f
	if k.again && ctx.Err() != nil {
		k.again = false
		return nil, k.ended(ctx)
	}
	return nil, f
}

// ended is the failure of a call whose context ended when it was about to be
// repeated. What was sent before did nothing, or may be sent again: the outcome
// is not in doubt.
func (k *call) ended(ctx context.Context) *Failure {
	f := *k.last
	f.Err = fmt.Errorf("ended before it was repeated: %w", ctx.Err())
	return &f
}

const firstBackoff = time.Second

func checkRetry(ctx context.Context, _ *http.Response, _ error) (bool, error) {
	return callOf(ctx).again, nil
}

// backoff is the wait before a repeat, counted from 0: a random part of a span
// that doubles each time, and never less than the server asks for.
func (k *call) backoff(_, _ time.Duration, repeat int, _ *http.Response) time.Duration {
	span := min(firstBackoff<<min(repeat, 20), k.cfg.MaxRetryWait)
	return max(k.jitter(span), k.last.RetryAfter)
}

// fullJitter is a random part of d, so that callers that failed together do not
// come back together.
func fullJitter(d time.Duration) time.Duration { return rand.N(d + 1) }

// failure is a Failure without an answer.
func (k *call) failure(err error) *Failure {
	return &Failure{Op: k.r.Op, Attempts: k.attempts, Err: err, service: k.cfg.Service}
}
