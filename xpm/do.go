package xpm

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/practicekit/offboarding/internal/transport"
)

// Effect says what a request does on the server, which decides whether it may be
// sent again. The HTTP verb does not: XPM archives with PUT, deletes with POST.
type Effect int

// The effects. The zero value is the careful one.
const (
	EffectOnce       Effect = iota // Sent at most once; a lost answer is ErrOutcomeUnknown.
	EffectRead                     // Changes nothing; repeated.
	EffectRepeatable               // Changes something, and may be sent again without further effect; repeated.
)

func (e Effect) transport() transport.Effect {
	switch e {
	case EffectRead:
		return transport.Read
	case EffectRepeatable:
		return transport.Repeatable
	}
	return transport.Once
}

// Request is a call that this package has no method for.
type Request struct {
	Op     string // names the call in errors and logs; empty means "Do"
	Effect Effect
	Method string
	Path   []string // the elements below the base address, such as "staff.api", "list"; each is escaped
	Query  url.Values
	Body   []byte // XML; nil for none
	// Bare also takes an answer whose root is not Response, and which therefore
	// says no Status. The documentation shows a few such.
	Bare bool
}

// Response is the answer to a Request.
type Response struct {
	StatusCode int
	RequestID  string
	Attempts   int
	Body       []byte // the whole answer: well-formed XML, whose Status is OK
}

// Do sends a request as this tenant, with the same credentials, pacing, retries,
// limits and errors as every other call, and returns the answer whole.
//
// Whether it is repeated, Request.Effect says. A Status of ERROR is an *Error,
// ErrNotFound or ErrInvalid, at whatever HTTP status it comes.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	if r.Op == "" {
		r.Op = "Do"
	}
	if r.Method == "" || len(r.Path) == 0 {
		return Response{}, invalid(r.Op, "Method and Path are required")
	}
	t := transport.Request{Op: r.Op, Effect: r.Effect.transport(), Method: r.Method, Path: transport.Path(r.Path...), Query: r.Query}
	if r.Body != nil {
		t.Body, t.ContentLength = transport.Bytes(r.Body)
		t.Header = http.Header{"Content-Type": {"application/xml"}}
	}
	resp, err := c.send(ctx, t)
	if err != nil {
		return Response{}, err
	}
	defer resp.Body.Close()
	if err := checkContentType(resp.Header); err != nil {
		return Response{}, unread(t, resp, err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Response{}, unread(t, resp, err)
	}
	if err := readEnvelope(bytes.NewReader(body), envelope{bare: r.Bare, lexers: &c.lexers}); err != nil {
		return Response{}, unread(t, resp, err)
	}
	return Response{StatusCode: resp.StatusCode, RequestID: resp.RequestID, Attempts: resp.Attempts, Body: body}, nil
}
