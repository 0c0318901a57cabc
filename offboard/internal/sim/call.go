package sim

import (
	"context"
	"errors"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/myobae"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// Call is one call of a program to one of the systems.
type Call struct {
	System System
	// Op is the operation as the clients name it: "Clients.Archive".
	Op string
	// About is the id that the call names, or a code; empty for a list of all.
	About string
	// Effect says what the call may change, and whether a client repeats it.
	Effect transport.Effect

	client int // that it is about, -1 for none
	slim   bool
}

// read, repeatable and once are calls about one client, or about none (-1).

func read[T ~string](system System, op string, about T, client int) Call {
	return Call{System: system, Op: op, About: string(about), Effect: Read, client: client}
}

func repeatable[T ~string](system System, op string, about T, client int) Call {
	return Call{System: system, Op: op, About: string(about), Effect: Repeatable, client: client}
}

func once[T ~string](system System, op string, about T, client int) Call {
	return Call{System: system, Op: op, About: string(about), Effect: Once, client: client}
}

// System is one of the practice's systems.
type System string

// The systems.
const (
	XPM    System = "xpm"
	MYOBAE System = "myobae"
	Nimbus System = "nimbus"
)

// What a call may change, as the clients tell the transport.
const (
	Read       = transport.Read       // nothing
	Repeatable = transport.Repeatable // something, and twice is as good as once
	Once       = transport.Once       // something
)

func isReadOnly(ctx context.Context) bool { return transport.IsReadOnly(ctx) }

// fail is the error that the client of the system gives.
func (c Call) fail(status int, code string, err error) error {
	return c.failAfter(status, code, 0, err)
}

// failAfter is fail with a time to wait.
func (c Call) failAfter(status int, code string, wait time.Duration, err error) error {
	switch c.System {
	case XPM:
		return &xpm.Error{Op: c.Op, StatusCode: status, Description: code, RetryAfter: wait, Attempts: 1, Err: err}
	case MYOBAE:
		return &myobae.Error{Op: c.Op, StatusCode: status, Name: code, RetryAfter: wait, Attempts: 1, Err: err}
	}
	return &nimbus.Error{Op: c.Op, StatusCode: status, Code: code, RetryAfter: wait, Attempts: 1, Err: err}
}

// noSuch is the answer about something that is not there.
func (c Call) noSuch() error {
	code := map[System]string{XPM: "Invalid client identifier", MYOBAE: myobae.NameNotFound, Nimbus: nimbus.CodeNotFound}[c.System]
	return c.fail(404, code, nimbus.ErrNotFound)
}

// conflict is the answer to what the state does not allow.
func (c Call) conflict(code string) error { return c.fail(409, code, nimbus.ErrConflict) }

// lost is the error of a call whose answer did not arrive: what was sent once at
// most may have been done.
func (c Call) lost() error {
	if c.Effect == Once {
		return c.fail(0, "", nimbus.ErrOutcomeUnknown)
	}
	return c.fail(0, "", nimbus.ErrUnavailable)
}

func both(a, b error) error { return errors.Join(a, b) }

// sleep waits in the time of the caller.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
