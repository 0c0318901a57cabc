// Package inmemory hands HTTP requests to a handler in the same goroutine: no
// network, so that the fakes work in the virtual time of testing/synctest.
package inmemory

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// RoundTripper answers requests with what the handler writes, whatever host they
// name. A handler that panics with http.ErrAbortHandler breaks the connection.
func RoundTripper(handler http.Handler) http.RoundTripper { return roundTripper{handler} }

type roundTripper struct{ handler http.Handler }

// RoundTrip answers r with what the handler writes.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := NewRecorder(http.Header{})
	aborted := serve(t.handler, w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	length := int64(w.Body.Len())
	var body io.Reader = &w.Body
	switch {
	case aborted && w.Status == 0:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	case aborted:
		body, length = io.MultiReader(body, broken{}), -1
	}
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(w.Status) + " " + http.StatusText(w.Status), StatusCode: w.Status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(body), ContentLength: length, Request: r,
	}, nil
}

// serve runs the handler and tells whether it broke the connection.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) (aborted bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(p)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// broken is the end of an answer whose connection broke.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Recorder is a ResponseWriter that keeps what a handler writes.
type Recorder struct {
	Status int // 0 until something is written
	Body   bytes.Buffer

	header, sent http.Header
}

// NewRecorder returns a Recorder that keeps the header in the given map.
func NewRecorder(header http.Header) *Recorder { return &Recorder{header: header} }

// Header is the header that the handler writes to.
func (w *Recorder) Header() http.Header { return w.header }

// WriteHeader keeps the first status, and the header as it is then.
func (w *Recorder) WriteHeader(status int) {
	if w.Status == 0 {
		w.Status, w.sent = status, w.header.Clone()
	}
}

// Write keeps the bytes.
func (w *Recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.Body.Write(b)
}
