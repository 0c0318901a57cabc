package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// errorBodyBytes is how much of an error answer is kept.
const errorBodyBytes = 64 << 10

// refused judges an answer that is not 2xx, and closes it.
func (k *call) refused(ctx context.Context, resp *http.Response, w *watch) *Failure {
	f := k.failure(nil)
	f.StatusCode, f.Header, f.RequestID = resp.StatusCode, resp.Header, k.requestID(resp.Header)
	f.Limit = apierr.Clean(resp.Header.Get("X-Rate-Limit-Problem"))
	f.RetryAfter = RetryAfter(resp.Header, time.Now())
	if k.readThrough(ctx, resp, w, errorBodyBytes, func(http.Header) {}) == nil {
		// What can be read is kept: the status is known whatever becomes of the rest.
		f.Body, _ = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	throttled := resp.StatusCode == http.StatusTooManyRequests ||
		k.cfg.Throttled != nil && k.cfg.Throttled(resp.StatusCode, resp.Header, f.Body)
	f.Err, k.again = k.judge(resp.StatusCode, throttled)
	return f
}

// judge turns a status into its error, and tells whether the request may be
// sent again.
func (k *call) judge(status int, throttled bool) (err error, again bool) {
	if throttled {
		return apierr.ErrRateLimited, true // refused before it did anything
	}
	switch status {
	case http.StatusUnauthorized:
		return apierr.ErrUnauthorized, false
	case http.StatusForbidden:
		return apierr.ErrForbidden, false
	case http.StatusNotFound, http.StatusGone:
		return apierr.ErrNotFound, false
	case http.StatusConflict, http.StatusPreconditionFailed:
		return apierr.ErrConflict, false
	case http.StatusRequestEntityTooLarge:
		return apierr.ErrTooLarge, false
	case http.StatusNotImplemented:
		return apierr.ErrCapabilityUnavailable, false
	}
	switch {
	case status == http.StatusRequestTimeout || status >= 500:
		if k.r.Effect == Once {
			return apierr.ErrOutcomeUnknown, false
		}
		return apierr.ErrUnavailable, true
	case status >= 300 && status < 400:
		return &reason{sentinel: apierr.ErrInvalid, text: "redirects are not followed"}, false
	default:
		return apierr.ErrInvalid, false
	}
}

// lost judges an attempt that had no answer.
func (k *call) lost(ctx context.Context, err error, nothingWritten bool) *Failure {
	if ctx.Err() != nil {
		if k.r.Effect == Once && !nothingWritten {
			return k.failure(fmt.Errorf("%w: %w", apierr.ErrOutcomeUnknown, ctx.Err()))
		}
		return k.failure(ctx.Err())
	}
	sentinel := apierr.ErrUnavailable
	if k.r.Effect == Once && !nothingWritten {
		sentinel = apierr.ErrOutcomeUnknown
	} else {
		k.again = true
	}
	return k.failure(&reason{sentinel: sentinel, text: describe(err), cause: withoutContext(err)})
}

// withoutContext drops an error that looks like the end of the caller's context
// and is not: a dial that times out is a context.DeadlineExceeded to errors.Is.
func withoutContext(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// isConnectError tells whether err is of a connection that was never made.
func isConnectError(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return true
	}
	var dns *net.DNSError
	return errors.As(err, &dns) || isTLSError(err)
}

// isTLSError tells whether err ended a handshake. An alert of the server's is
// not among them: with TLS 1.3 it can come after the request.
func isTLSError(err error) bool {
	var (
		record  tls.RecordHeaderError
		verify  *tls.CertificateVerificationError
		ca      x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	return errors.As(err, &record) || errors.As(err, &verify) || errors.As(err, &ca) ||
		errors.As(err, &host) || errors.As(err, &invalid)
}

// describe says what kind of network error err is. It does not quote the error,
// which a transport may have filled with an address.
func describe(err error) string {
	var (
		op      *net.OpError
		dns     *net.DNSError
		errno   syscall.Errno
		timeout net.Error
	)
	switch {
	case errors.Is(err, errNoAnswer), errors.Is(err, errIdle), errors.Is(err, errTooLong):
		return err.Error()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &op):
		return "context ended"
	case errors.As(err, &dns):
		return "host name not resolved"
	case isTLSError(err):
		return "TLS handshake failed"
	case errors.As(err, &op) && op.Op == "dial" && errors.As(err, &errno):
		return "connection not made, " + errno.Error()
	case errors.As(err, &op) && op.Op == "dial":
		return "connection not made"
	case errors.As(err, &errno):
		return "connection lost, " + errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed by the server"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timed out"
	default:
		return "connection failed"
	}
}
