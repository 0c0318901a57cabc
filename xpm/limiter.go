package xpm

import (
	"context"
	"net/http"

	"github.com/practicekit/offboarding/internal/pace"
)

// Limiter paces the calls of one tenant. It covers an attempt from its start to
// the close of its answer's body.
type Limiter interface {
	// Acquire waits until an attempt may start. The release it returns is called
	// once, with the headers of the answer, or nil if there was none.
	Acquire(ctx context.Context) (release func(http.Header), err error)
}

// NewLimiter returns a limiter for XPM's quotas: 5 calls at once, 60 a minute,
// 5,000 a day, counted for each tenant and app. Clients of the same tenant in
// one process share one. It learns from the answers what other processes use;
// a spent day is returned as ErrRateLimited and not slept.
// https://developer.xero.com/documentation/guides/oauth2/limits
func NewLimiter() Limiter {
	return pace.New(pace.Quota{Concurrent: concurrentLimit, Minute: minuteLimit, Day: dayLimit})
}
