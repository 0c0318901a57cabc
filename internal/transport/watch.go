package transport

import (
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"time"
)

// What a server may take. The whole attempt is limited beside them, by
// Config.HTTPClient's Timeout.
const (
	answerWithin = 2 * time.Minute  // from the last byte of the request to the headers of the answer
	idleWithin   = 60 * time.Second // from one piece of the answer's body to the next
)

var (
	errNoAnswer = errors.New("no answer in time")
	errIdle     = errors.New("the server fell silent in mid-answer")
	errTooLong  = errors.New("the attempt took too long")
)

// watch ends an attempt that takes too long, by cancelling its context, and
// notes how far the request came.
type watch struct {
	ctx      context.Context
	cancel   context.CancelCauseFunc
	deadline time.Time // of the whole attempt

	mu    sync.Mutex // of the timer's start, which the upload and the answer both see to
	timer *time.Timer
	body  io.Closer // of the answer, once its headers are there

	asked, got atomic.Bool // net/http looked for a connection, and has one
	trace      httptrace.ClientTrace
}

func newWatch(ctx context.Context, whole time.Duration) *watch {
	w := &watch{deadline: time.Now().Add(whole)}
	w.trace.GetConn = func(string) { w.asked.Store(true) }
	w.trace.GotConn = func(httptrace.GotConnInfo) { w.got.Store(true) }
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.ctx = httptrace.WithClientTrace(ctx, &w.trace)
	w.timer = time.AfterFunc(min(whole, answerWithin), w.expire)
	return w
}

// expire ends the attempt. A body that does not listen to the context is closed
// under its reader.
func (w *watch) expire() {
	w.mu.Lock()
	body, cause := w.body, errNoAnswer
	w.mu.Unlock()
	if body != nil {
		cause = errIdle
	}
	if !time.Now().Before(w.deadline) {
		cause = errTooLong
	}
	w.cancel(cause)
	if body != nil {
		body.Close()
	}
}

// sending starts the wait for the answer's headers again.
func (w *watch) sending() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.body == nil {
		w.within(answerWithin)
	}
}

// answered ends the wait for the answer's headers.
func (w *watch) answered(body io.Closer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.body = body
	w.pause()
}

// within gives the server d to be heard of, and no more than the attempt has.
func (w *watch) within(d time.Duration) { w.timer.Reset(min(d, time.Until(w.deadline))) }

// pause leaves only the deadline of the whole attempt: the next move is ours.
func (w *watch) pause() { w.timer.Reset(time.Until(w.deadline)) }

// cause is why the watch ended the attempt; nil if it did not.
func (w *watch) cause() error {
	switch cause := context.Cause(w.ctx); cause {
	case errNoAnswer, errIdle, errTooLong:
		return cause
	}
	return nil
}

// end frees the timer and the context.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// nothingWritten tells whether the request certainly did not leave. With a
// transport that reports its steps, that is when it got no connection: once it
// has one, another goroutine writes, and may still do so after the error. With
// any other transport only the kind of the error can prove it.
func (w *watch) nothingWritten(err error) bool {
	if w.got.Load() {
		return false
	}
	return w.asked.Load() || isConnectError(err)
}
