// Package exchange answers requests from recorded exchanges. Only tests import
// it.
//
// A file is a txtar archive: comment lines, of which one starts with
//
//	provenance: documented|observed|contract - source
//
// and then pairs of sections, each as it is on the wire:
//
//	-- request --
//	PUT /practicemanager/3.1/client.api/archive HTTP/1.1
//	Content-Type: application/xml
//
//	<Client><UUID>…</UUID></Client>
//	-- response --
//	HTTP/1.1 200 OK
//	Content-Type: application/xml
//
//	<Response><Status>OK</Status></Response>
//
// documented means that the vendor publishes it, observed that a server was
// seen to do it, contract that it is an agreement of ours. The newline that ends
// a section does not belong to the body. A Content-Length of a response that is
// longer than its body is an answer that was cut off.
package exchange

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
)

// Transport answers from the exchanges in files. A request has to agree with an
// exchange in method, path, query (in any order), the headers that the exchange
// lists, and body; the host does not matter. Each exchange is answered once, in
// order for equal requests. A request that agrees with none fails the test and
// is answered 501, which no client repeats; so does an exchange that is left
// over at the end.
func Transport(t testing.TB, files ...string) http.RoundTripper {
	t.Helper()
	p := &player{report: t.Errorf}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		exchanges, err := parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		p.left = append(p.left, exchanges...)
	}
	t.Cleanup(p.finish)
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(p.answer)
	for _, x := range p.left {
		mock.RegisterRegexpResponder(x.method, anyURL, p.answer)
	}
	return mock
}

var anyURL = regexp.MustCompile("")

// player hands out exchanges.
type player struct {
	report func(format string, args ...any)

	mu   sync.Mutex
	left []*recorded
}

func (p *player) answer(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		if err := errors.Join(err, req.Body.Close()); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var why strings.Builder
	for i, x := range p.left {
		mismatch := x.mismatch(req, body)
		if mismatch == "" {
			p.left = append(p.left[:i:i], p.left[i+1:]...)
			return x.response(req), nil
		}
		fmt.Fprintf(&why, "\n  %s: %s", x.name, mismatch)
	}
	if why.Len() == 0 {
		why.WriteString("\n  no exchange is left")
	}
	p.report("unexpected request %s %s%s", req.Method, req.URL.RequestURI(), why.String())
	return httpmock.NewStringResponse(http.StatusNotImplemented, "no such exchange"), nil
}

func (p *player) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.left {
		p.report("exchange not used: %s: %s %s", x.name, x.method, x.target.RequestURI())
	}
}

// recorded is one exchange.
type recorded struct {
	name   string // file and number
	method string
	target *url.URL
	header http.Header
	body   []byte

	status       int
	answerHeader http.Header
	answerBody   []byte
}

// mismatch says in what req differs from x; "" if in nothing.
func (x *recorded) mismatch(req *http.Request, body []byte) string {
	switch {
	case req.Method != x.method:
		return "method is " + x.method
	case req.URL.EscapedPath() != x.target.EscapedPath():
		return "path is " + x.target.EscapedPath()
	case req.URL.Query().Encode() != x.target.Query().Encode():
		return "query is " + x.target.Query().Encode()
	}
	for name, want := range x.header {
		switch name {
		case "Host", "Content-Length":
		default:
			if got := req.Header.Values(name); strings.Join(got, ", ") != strings.Join(want, ", ") {
				return fmt.Sprintf("header %s is %q, the request has %q", name, want, got)
			}
		}
	}
	return differ(x.body, body)
}

func (x *recorded) response(req *http.Request) *http.Response {
	length := int64(len(x.answerBody))
	if n, err := strconv.ParseInt(x.answerHeader.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", x.status, http.StatusText(x.status)),
		StatusCode: x.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        x.answerHeader.Clone(),
		Body:          &cutoff{strings.NewReader(string(x.answerBody)), length},
		ContentLength: length,
		Request:       req,
	}
}

// cutoff is a body that fails, as net/http's does, if it ends before the length
// that was announced.
type cutoff struct {
	r    *strings.Reader
	left int64
}

func (c *cutoff) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if err == io.EOF && c.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (c *cutoff) Close() error { return nil }
