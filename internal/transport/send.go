package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// send sends one attempt and judges what comes back. The deadlines and the turn
// in the quota pass to the body of a 2xx answer, to end when it is closed.
func (k *call) send(ctx context.Context, req *http.Request, release func(http.Header)) (*http.Response, *Failure) {
	if err := ctx.Err(); err != nil {
		return nil, k.failure(err)
	}
	k.attempts++
	w := newWatch(ctx, k.attempt)
	req = req.WithContext(w.ctx)
	if err := k.addBody(req, w); err != nil {
		w.end()
		k.attempts--
		return nil, k.failure(&reason{sentinel: apierr.ErrInvalid, text: "the request's body could not be opened", cause: err})
	}
	if k.jar != nil {
		for _, cookie := range k.jar.Cookies(req.URL) {
			req.AddCookie(cookie)
		}
	}
	start := time.Now()
	resp, err := k.rt.RoundTrip(req)
	if err == nil && resp == nil {
		err = errors.New("transport gave neither answer nor error")
	}
	if err != nil {
		nothingWritten := w.nothingWritten(err)
		if cause := w.cause(); cause != nil {
			err = cause
		}
		w.end()
		k.logAttempt(ctx, start, nil, err)
		return nil, k.lost(ctx, err, nothingWritten)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	w.answered(resp.Body)
	k.logAttempt(ctx, start, resp, nil)
	if k.jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			k.jar.SetCookies(req.URL, cookies)
		}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, k.refused(ctx, resp, w)
	}
	limit := k.cfg.MaxResponseBytes
	if k.r.MaxResponseBytes > 0 {
		limit = k.r.MaxResponseBytes
	}
	if f := k.readThrough(ctx, resp, w, limit, release); f != nil {
		return nil, f
	}
	return resp, nil
}

// addBody opens the request's body. Its progress counts as a sign of life, so
// that a long upload is not taken for a silent server.
func (k *call) addBody(req *http.Request, w *watch) error {
	if k.r.Body == nil {
		return nil
	}
	open := func() (io.ReadCloser, error) {
		b, err := k.r.Body()
		if err != nil {
			return nil, err
		}
		return &upload{b, w}, nil
	}
	body, err := open()
	if err != nil {
		return err
	}
	// GetBody lets net/http move a request to another connection if nothing of
	// it was written to the first.
	req.Body, req.GetBody, req.ContentLength = body, open, k.r.ContentLength
	return nil
}

type upload struct {
	io.ReadCloser
	w *watch
}

func (u *upload) Read(p []byte) (int, error) {
	n, err := u.ReadCloser.Read(p)
	u.w.sending()
	return n, err
}
