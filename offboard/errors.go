package offboard

import (
	"errors"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

func isUnauthorized(err error) bool { return errors.Is(err, apierr.ErrUnauthorized) }

func isRateLimited(err error) bool { return errors.Is(err, apierr.ErrRateLimited) }

// isRefused reports whether the error proves that nothing was done. Everything
// else leaves the outcome open.
func isRefused(err error) bool {
	if errors.Is(err, apierr.ErrOutcomeUnknown) {
		return false
	}
	for _, refusal := range []error{
		apierr.ErrNotFound, apierr.ErrUnauthorized, apierr.ErrForbidden, apierr.ErrConflict,
		apierr.ErrCapabilityUnavailable, apierr.ErrReadOnly, errRefused,
	} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// errRefused marks an error of a step's own after which nothing was done.
var errRefused = errors.New("refused")

// retryAfter is how long the vendor asked to wait.
func retryAfter(err error) time.Duration {
	var (
		x *xpm.Error
		n *nimbus.Error
		m *myobae.Error
	)
	switch {
	case errors.As(err, &x):
		return x.RetryAfter
	case errors.As(err, &n):
		return n.RetryAfter
	case errors.As(err, &m):
		return m.RetryAfter
	}
	return 0
}
