package xpm

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/practicekit/offboarding/internal/transport"
)

// write is a request that changes something, with the XML of body, or without
// one if body is nil. What cannot be written is ErrInvalid, and is not sent.
func write(op string, effect transport.Effect, method, path string, body any) (transport.Request, error) {
	r := transport.Request{Op: op, Effect: effect, Method: method, Path: path}
	if body == nil {
		return r, nil
	}
	return withXML(r, body)
}

// withXML gives r the XML of v as its body. A character that XML cannot hold is
// refused rather than replaced.
func withXML(r transport.Request, v any) (transport.Request, error) {
	b, err := xml.Marshal(v)
	if err != nil {
		return r, &Error{Op: r.Op, Err: fmt.Errorf("%w: %w", ErrInvalid, err)}
	}
	if bytes.ContainsRune(b, utf8.RuneError) {
		return r, invalid(r.Op, "a value has a character that XML cannot hold")
	}
	r.Body, r.ContentLength = transport.Bytes(b)
	r.Header = http.Header{"Content-Type": {"application/xml"}}
	return r, nil
}

// change sends r, which may also be one that only reads, and reads the one
// element of the answer that is named.
func change[T any](ctx context.Context, c *Client, r transport.Request, element string, read func(*xml.Decoder, xml.StartElement) (T, error)) (T, error) {
	got, _, err := changeLinked(ctx, c, r, element, read)
	return got, err
}

// changeLinked is change that also returns the WebUrl beside the element: the
// documentation has it there, recorded answers within.
func changeLinked[T any](ctx context.Context, c *Client, r transport.Request, element string, read func(*xml.Decoder, xml.StartElement) (T, error)) (got T, webURL string, err error) {
	err = c.call(ctx, r, envelope{required: element, parts: map[string]part{
		element: func(a *answer, start xml.StartElement) (err error) {
			got, err = read(a.Decoder, start)
			return err
		},
		"WebUrl": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&webURL, &start) },
	}})
	if err != nil {
		var zero T
		return zero, "", err
	}
	return got, webURL, nil
}

// act sends r and wants nothing of the answer but its Status. What else it holds
// is passed over.
func act(ctx context.Context, c *Client, r transport.Request) error {
	return c.call(ctx, r, envelope{})
}

// listOf asks for a list, and yields its items as they arrive. Each range over
// it is a request of its own.
func listOf[T any](ctx context.Context, c *Client, op, path string, query url.Values, list, item string, read func(*xml.Decoder, xml.StartElement) (T, error)) iter.Seq2[T, error] {
	return stream(ctx, c, get(op, path, query), list, item, read)
}

// bareListOf is listOf for a list that may also come without the Response around
// it, and then without a Status, as the documentation shows a few.
func bareListOf[T any](ctx context.Context, c *Client, op, path string, query url.Values, list, item string, read func(*xml.Decoder, xml.StartElement) (T, error)) iter.Seq2[T, error] {
	return streamed(ctx, c, get(op, path, query), envelope{required: list, bare: true}, item, read)
}

// element reads an element into a value that checks nothing.
func element[T any](d *xml.Decoder, start xml.StartElement) (v T, err error) {
	err = d.DecodeElement(&v, &start)
	return v, err
}

// failing is a list that is nothing but an error.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}

// idOnly is the body of a call that only names what it is about.
type idOnly[T ~string] struct {
	XMLName xml.Name
	UUID    T `xml:"UUID"`
}

// named makes the body <root><UUID>id</UUID></root>.
func named[T ~string](root string, id T) idOnly[T] {
	return idOnly[T]{xml.Name{Local: root}, id}
}
