package offboard

import (
	"context"
	"sync"
)

// onceASession keeps one answer for the length of a session. Of several callers at
// once one reads and the others wait for its answer, each no longer than its own
// context; where that one fails, the next of them reads. No lock is held while
// anybody reads or waits.
type onceASession[T any] struct {
	mu      sync.Mutex
	current *sessionAnswer[T]
}

type sessionAnswer[T any] struct {
	session *Progress     // each session replays its own
	turn    chan struct{} // one slot: who fills it has value and known to itself
	value   T
	known   bool
}

func (o *onceASession[T]) get(ctx context.Context, session *Progress, read func(context.Context) (T, error)) (T, error) {
	a := o.of(session)
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	if a.known {
		return a.value, nil
	}
	value, err := read(ctx)
	if err == nil {
		a.value, a.known = value, true
	}
	return value, err
}

// of is the answer of the session. It is made where it is used, so that its
// channel belongs to the virtual time of whoever waits for it.
func (o *onceASession[T]) of(session *Progress) *sessionAnswer[T] {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == nil || o.current.session != session {
		o.current = &sessionAnswer[T]{session: session, turn: make(chan struct{}, 1)}
	}
	return o.current
}
