package transport

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/practicekit/offboarding/internal/apierr"
)

// body is the body of an answer: decompressed, capped, and watched while it is
// read. Closing it ends the attempt.
type body struct {
	k      *call
	ctx    context.Context // the caller's
	w      *watch
	raw    io.ReadCloser // as it is on the wire
	plain  io.Reader
	length int64 // announced and not read yet; 0 if none was
	left   int64 // up to the cap
	err    error // of the last read; it stays

	header  http.Header // for release
	release func(http.Header)
	close   sync.Once

	response Response // whose Body this is, kept here to save an allocation
}

// readThrough puts a body before the answer's own. A content coding that was
// not asked for is an error, and the answer is closed.
func (k *call) readThrough(ctx context.Context, resp *http.Response, w *watch, limit int64, release func(http.Header)) *Failure {
	b := &body{k: k, ctx: ctx, w: w, raw: resp.Body, plain: resp.Body, left: limit, header: resp.Header, release: release}
	switch coding := resp.Header.Get("Content-Encoding"); {
	case coding == "", strings.EqualFold(coding, "identity"):
		// net/http holds a body to its length, other transports may not.
		if k.r.Method != http.MethodHead {
			b.length = max(resp.ContentLength, 0)
		}
	case strings.EqualFold(coding, "gzip"), strings.EqualFold(coding, "x-gzip"):
		b.plain = &gunzip{raw: b.raw}
		resp.Header = resp.Header.Clone() // the transport's to keep
		resp.Header.Del("Content-Encoding")
		resp.Header.Del("Content-Length")
		resp.ContentLength = -1
	default:
		b.raw.Close()
		w.end()
		f := k.failure(&reason{sentinel: b.sentinel(apierr.ErrInvalid), text: "content coding that was not asked for"})
		f.StatusCode, f.Header, f.RequestID = resp.StatusCode, resp.Header, k.requestID(resp.Header)
		return f
	}
	resp.Body = b
	return nil
}

func (b *body) Read(p []byte) (int, error) {
	if b.err != nil || len(p) == 0 {
		return 0, b.err
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1] // one more than allowed, to tell the end from the cap
	}
	b.w.within(idleWithin)
	n, err := b.plain.Read(p)
	b.w.pause()
	b.length -= int64(n)
	if err == io.EOF && b.length > 0 {
		err = io.ErrUnexpectedEOF
	}
	if int64(n) > b.left {
		n, err = int(b.left), apierr.ErrTooLarge
	}
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		err = b.broken(err)
	}
	b.err = err
	return n, err
}

// Close frees the connection, the timers and the turn in the quota. It may be
// called again.
func (b *body) Close() error {
	b.close.Do(func() {
		b.raw.Close()
		b.w.end()
		b.release(b.header)
	})
	return nil
}

// sentinel is s, or ErrOutcomeUnknown for an operation that may not be repeated:
// without its answer nobody knows what it did.
func (b *body) sentinel(s error) error {
	if b.k.r.Effect == Once {
		return apierr.ErrOutcomeUnknown
	}
	return s
}

// broken says why an answer could not be read to its end.
func (b *body) broken(err error) error {
	var corrupt flate.CorruptInputError
	switch cause := b.w.cause(); {
	case err == apierr.ErrTooLarge:
		if b.k.r.Effect == Once {
			return fmt.Errorf("%w: %w", apierr.ErrOutcomeUnknown, err)
		}
		return err
	case b.ctx.Err() != nil:
		if b.k.r.Effect == Once {
			return fmt.Errorf("%w: %w", apierr.ErrOutcomeUnknown, b.ctx.Err())
		}
		return b.ctx.Err()
	case cause != nil:
		return &reason{sentinel: b.sentinel(apierr.ErrUnavailable), text: cause.Error(), cause: cause}
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return &reason{sentinel: b.sentinel(apierr.ErrInvalid), text: "garbled gzip", cause: err}
	default:
		return &reason{sentinel: b.sentinel(apierr.ErrUnavailable), text: "answer cut off, " + describe(err), cause: withoutContext(err)}
	}
}

// gunzip decompresses what it reads. It starts with the first Read, which may
// have to wait for the server.
type gunzip struct {
	raw io.Reader
	zr  *gzip.Reader
}

func (g *gunzip) Read(p []byte) (int, error) {
	if g.zr == nil {
		zr, err := gzip.NewReader(g.raw)
		if err != nil {
			return 0, err // io.EOF for no bytes at all: an empty body
		}
		g.zr = zr
	}
	return g.zr.Read(p)
}
