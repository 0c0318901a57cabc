package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// Limiter gives attempts their turn. It covers one attempt from its start to
// the close of its body, and may be shared between clients of one quota.
type Limiter interface {
	// Acquire waits for a turn. The release is called exactly once, when the
	// attempt is over, with the headers of the answer; they are nil if there
	// was none. An error that has the methods RetryAfter() time.Duration and
	// Limit() string says when a turn could be had, and of which limit.
	Acquire(ctx context.Context) (release func(http.Header), err error)
}

// paced sends req when it is its turn. The release of the turn passes to the
// body of a 2xx answer.
func (k *call) paced(ctx context.Context, req *http.Request) (*http.Response, *Failure) {
	release := func(http.Header) {}
	if k.cfg.Limiter != nil {
		turn, err := k.cfg.Limiter.Acquire(ctx)
		if err != nil {
			return nil, k.noTurn(ctx, err)
		}
		if turn != nil {
			release = turn
		}
	}
	resp, f := k.send(ctx, req, release)
	if f != nil {
		release(f.Header)
	}
	return resp, f
}

// noTurn is the failure of an attempt that was not sent. It is not repeated:
// the limiter has waited as long as it is meant to.
func (k *call) noTurn(ctx context.Context, err error) *Failure {
	if ctx.Err() != nil {
		return k.failure(ctx.Err())
	}
	var wait interface {
		RetryAfter() time.Duration
		Limit() string
	}
	f := k.failure(&reason{sentinel: apierr.ErrRateLimited, text: "no turn within the limiter's patience", cause: err})
	if errors.As(err, &wait) {
		f.RetryAfter, f.Limit = wait.RetryAfter(), apierr.Clean(wait.Limit())
	}
	return f
}
