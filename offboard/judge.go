package offboard

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// maxUnavailable is how many Checks in a row may find a server unavailable, each
// after the client's own retries, before the run ends rather than try it with
// every client.
const maxUnavailable = 3

// judge turns the error of a Check into a verdict, and returns an error where it
// ends the whole run.
func (s *session) judge(ctx context.Context, a Action, v Verdict, err error) (Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.unavailable = 0
		return v, nil
	}
	var unknown *UnknownClientsError
	switch {
	case ctx.Err() != nil:
		return Verdict{}, ctx.Err()
	case errors.As(err, &unknown):
		s.unknown = append(s.unknown, unknown.Codes...)
		return Verdict{State: Failed, Reason: "no system knows this client code"}, nil
	case isUnauthorized(err):
		return Verdict{State: Failed, Reason: err.Error()}, fmt.Errorf("%s: %w: nothing more is sent until the credentials are mended", a.Step, err)
	case isRateLimited(err):
		return Verdict{State: Waiting, Reason: err.Error(), Until: time.Now().Add(max(retryAfter(err), time.Second))}, nil
	}
	verdict := Verdict{State: Failed, Reason: err.Error()}
	if errors.Is(err, apierr.ErrUnavailable) {
		if s.unavailable++; s.unavailable >= maxUnavailable {
			return verdict, fmt.Errorf("%s: %w: so it was %d times in a row, and the run ends", a.Step, err, s.unavailable)
		}
	}
	return verdict, nil
}
