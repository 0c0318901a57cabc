package xpm

import (
	"context"
	"encoding/xml"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// about is read for an answer that has to be about the thing with the id want.
// One about another is no answer, and leaves the outcome of a change unknown.
func about[T any, U ~string](want U, read func(*xml.Decoder, xml.StartElement) (T, error), id func(T) U) func(*xml.Decoder, xml.StartElement) (T, error) {
	return func(d *xml.Decoder, start xml.StartElement) (T, error) {
		v, err := read(d, start)
		if err == nil && !strings.EqualFold(string(id(v)), string(want)) {
			var zero T
			return zero, malformed("about another " + start.Name.Local)
		}
		return v, err
	}
}

// linked sends r and reads the one element of the answer. Where the WebUrl is
// beside it, and not in it, it goes where link says.
func linked[T any](ctx context.Context, c *Client, r transport.Request, element string, link func(*T) *string, read func(*xml.Decoder, xml.StartElement) (T, error)) (T, error) {
	got, webURL, err := changeLinked(ctx, c, r, element, read)
	if err == nil && *link(&got) == "" {
		*link(&got) = webURL
	}
	return got, err
}
