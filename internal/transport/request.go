package transport

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Effect is what an operation does on the server. The HTTP verb does not
// decide: XPM archives with PUT, deletes and adds with POST.
type Effect int

// The zero value is the careful one.
const (
	// Once is sent at most once. It is never repeated unless it was provably
	// not sent, or refused unprocessed; otherwise its error is ErrOutcomeUnknown.
	Once Effect = iota
	// Read changes nothing and is retried.
	Read
	// Repeatable changes something, may be sent again without further effect,
	// and is retried.
	Repeatable
)

// Request is one operation. Path is relative to the client's BaseURL and
// escaped already; Path builds one.
type Request struct {
	Op     string // "Clients.Archive": names the operation in logs and errors
	Effect Effect
	Method string
	Path   string
	Query  url.Values
	Header http.Header

	// Body opens the body, once an attempt; nil for none. ContentLength is its
	// length, -1 if it is not known.
	Body          func() (io.ReadCloser, error)
	ContentLength int64

	// MaxResponseBytes raises or lowers the client's cap for this operation.
	MaxResponseBytes int64

	// Anonymous leaves the Authorizer out, as a login call must.
	Anonymous bool
}

// Path joins path elements and escapes each, so that an id can neither add an
// element nor a query. Do refuses a path with an empty, "." or ".." element, so
// an id that is missing never turns into the address of a whole collection.
func Path(elem ...string) string {
	size := len(elem)
	for _, e := range elem {
		size += len(e)
	}
	var b strings.Builder
	b.Grow(size)
	for i, e := range elem {
		if i > 0 {
			b.WriteByte('/')
		}
		b.WriteString(url.PathEscape(e))
	}
	return b.String()
}

// Bytes makes a Body and its ContentLength of b.
func Bytes(b []byte) (func() (io.ReadCloser, error), int64) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, int64(len(b))
}

// check refuses what no attempt may carry. It is the last line: vendors check
// their own parameters and say which one is wrong.
func (r *Request) check() error {
	switch {
	case r.Effect < Once || r.Effect > Repeatable:
		return errors.New("unknown effect")
	case r.Method == "" || strings.Trim(r.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return errors.New("method is not a verb in capitals")
	case r.MaxResponseBytes < 0:
		return errors.New("negative MaxResponseBytes")
	case r.Effect == Once && replayedByNetHTTP(r.Method, r.Header):
		return errors.New("net/http repeats this method or header by itself, so it cannot be at most once")
	}
	for name, values := range r.Header {
		for _, v := range values {
			if hasControl(name) || hasControl(v) {
				return errors.New("control character in a header")
			}
		}
	}
	return nil
}

// replayedByNetHTTP tells whether net/http sends a request again on its own
// when a kept-alive connection dies after the request was written.
func replayedByNetHTTP(method string, h http.Header) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	for name := range h {
		switch http.CanonicalHeaderKey(name) {
		case "Idempotency-Key", "X-Idempotency-Key":
			return true
		}
	}
	return false
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// url is the address of r below base. Only the path and the query come from the
// request, so the host cannot change.
func (r *Request) url(base *url.URL) (url.URL, error) {
	path := strings.TrimPrefix(r.Path, "/")
	if strings.ContainsAny(path, "?#") {
		return url.URL{}, errors.New("query or fragment in a path")
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return url.URL{}, errors.New("path is not escaped")
	}
	if path != "" {
		for e := range strings.SplitSeq(path, "/") {
			switch plain, _ := url.PathUnescape(e); plain {
			case "":
				return url.URL{}, errors.New("empty path element")
			case ".", "..":
				return url.URL{}, errors.New("dot path element")
			}
		}
	}
	u := *base
	u.Path = base.Path + decoded
	if base.RawPath != "" || decoded != path {
		u.RawPath = base.EscapedPath() + path
	}
	u.RawQuery = r.Query.Encode()
	return u, nil
}
