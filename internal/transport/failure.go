package transport

import (
	"errors"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// Failure is every error of Do. A vendor package turns it into its own Error.
type Failure struct {
	Op         string
	StatusCode int         // 0 without an answer
	Header     http.Header // of the answer
	Body       []byte      // first 64 KiB of an error answer, for the vendor to decode; never printed
	RequestID  string
	Limit      string        // which limit throttled the call, as the server or the limiter names it
	RetryAfter time.Duration // how long to wait, as the server or the limiter asks
	Attempts   int           // how often the request was sent
	Err        error         // wraps one apierr sentinel, or the context's error, or both

	service string
}

func (f *Failure) Error() string {
	return apierr.Text(f.service, f.Op, f.StatusCode, "", f.RequestID, f.Limit, f.RetryAfter, f.Attempts, f.Err)
}

func (f *Failure) Unwrap() error { return f.Err }

// reason is a sentinel with an explanation that is fit for a log. The cause is
// there for errors.Is and errors.As and is not printed: it may name an address,
// or quote an answer.
type reason struct {
	sentinel error
	text     string
	cause    error
}

func (r *reason) Error() string { return r.sentinel.Error() + ": " + r.text }

func (r *reason) Unwrap() []error {
	if r.cause == nil {
		return []error{r.sentinel}
	}
	return []error{r.sentinel, r.cause}
}

// sentinelOf finds the sentinel that err wraps; nil if it wraps none.
func sentinelOf(err error) error {
	for _, s := range []error{
		apierr.ErrNotFound, apierr.ErrUnauthorized, apierr.ErrForbidden, apierr.ErrConflict, apierr.ErrInvalid,
		apierr.ErrRateLimited, apierr.ErrOutcomeUnknown, apierr.ErrCapabilityUnavailable, apierr.ErrTooLarge,
		apierr.ErrReadOnly, apierr.ErrUnavailable,
	} {
		if errors.Is(err, s) {
			return s
		}
	}
	return nil
}
