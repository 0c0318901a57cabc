package myobae

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// WaitOptions says how an operation is waited for. The zero value asks after
// 2 s, then ever more rarely, up to once a minute.
type WaitOptions struct {
	Interval    time.Duration // before the first question; doubles each time; 0 means 2 s
	MaxInterval time.Duration // 0 means a minute, or Interval if that is longer
	// UntilOperator returns the operation, without an error, as soon as it
	// awaits a person, who may take days.
	UntilOperator bool
}

// Wait returns the operation once it has succeeded. It sends nothing for an
// operation that has finished already, and else reads it again and again.
//
// Only ctx bounds the wait; when it ends, or a read fails, the error comes with
// the operation as it was last seen, and waiting for that goes on where this
// stopped. One that has failed is ErrOperationFailed, and also of the kind that
// its Name stands for (ErrConflict for ClientCannotBeClosed). A state that is
// not known counts as not finished. Contract: ours; what the gateway says is not
// a proof, which is the client, read again.
func (s *OperationsService) Wait(ctx context.Context, o Operation, options WaitOptions) (Operation, error) {
	const op = "Operations.Wait"
	if options.Interval < 0 || options.MaxInterval < 0 {
		return o, invalid(op, "an interval is negative")
	}
	if !uidPattern.MatchString(string(o.UID)) {
		return o, invalid(op, "the operation's UID is empty or malformed")
	}
	interval := cmp.Or(options.Interval, 2*time.Second)
	longest := cmp.Or(options.MaxInterval, max(time.Minute, interval))
	for {
		switch {
		case o.State == OperationSucceeded:
			return o, nil
		case o.State == OperationFailed:
			return o, failedOperation(op, o)
		case o.State == OperationAwaitingOperator && options.UntilOperator:
			return o, nil
		}
		if err := sleep(ctx, min(interval, longest)); err != nil {
			return o, &Error{Op: op, Description: "the operation is still " + apierr.Clean(string(o.State)), Err: err}
		}
		if interval < longest/2 {
			interval *= 2
		} else {
			interval = longest
		}
		seen, err := s.Get(ctx, o.UID)
		if err != nil {
			return o, err
		}
		o = seen
	}
}

func failedOperation(op string, o Operation) error {
	e := &Error{Op: op, Name: apierr.Clean(o.Name), Description: apierr.Clean(o.Message), Err: ErrOperationFailed}
	if kind := sentinel(o.Name); kind != nil {
		e.Err = fmt.Errorf("%w: %w", ErrOperationFailed, kind)
	}
	return e
}

// sleep waits, or returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
