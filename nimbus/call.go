package nimbus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/transport"
)

// path is the escaped path of a resource of the contract.
func path(elem ...string) string {
	return transport.Path(append([]string{"v1"}, elem...)...)
}

// checkID refuses what cannot be one element of a path. An empty id or one of
// dots would name another resource, perhaps the whole collection.
func checkID[T ~string](op string, id T) error {
	s := string(id)
	if strings.Trim(s, ".") == "" || len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return invalid(op, "an id or a path element is empty, too long, or made of dots or control characters")
	}
	return nil
}

// get reads one object.
func get[T record](ctx context.Context, c *Client, op string, query url.Values, elem ...string) (T, error) {
	return exchange(ctx, c, transport.Request{Op: op, Effect: transport.Read, Method: http.MethodGet, Path: path(elem...), Query: query}, decode[T])
}

// getByID reads the object that has the id; an answer about another is refused.
func getByID[T record, ID ~string](ctx context.Context, c *Client, op string, id ID, idOf func(T) ID, elem ...string) (T, error) {
	var zero T
	if err := checkID(op, id); err != nil {
		return zero, err
	}
	v, err := get[T](ctx, c, op, nil, elem...)
	if err != nil {
		return zero, err
	}
	if idOf(v) != id {
		return zero, invalid(op, "the answer is about another id")
	}
	return v, nil
}

// all iterates over a list that is cut into pages.
func all[T record](ctx context.Context, c *Client, op string, query url.Values, key func(T) string, elem ...string) iter.Seq2[T, error] {
	fetch := func(ctx context.Context, token string) ([]T, string, error) {
		query := maps.Clone(query)
		if token != "" {
			if query == nil {
				query = url.Values{}
			}
			query.Set("pageToken", token)
		}
		p, err := exchange(ctx, c, transport.Request{Op: op, Effect: transport.Read, Method: http.MethodGet, Path: path(elem...), Query: query}, decodePage[T])
		return p.Items, p.NextPageToken, err
	}
	return func(yield func(T, error) bool) {
		for item, err := range paginate.All(ctx, fetch, key) {
			if err != nil && !errors.As(err, new(*Error)) {
				err = &Error{Op: op, Err: err}
			}
			if !yield(item, err) {
				return
			}
		}
	}
}

// list reads all pages of a list.
func list[T record](ctx context.Context, c *Client, op string, query url.Values, key func(T) string, elem ...string) ([]T, error) {
	return paginate.Collect(all(ctx, c, op, query, key, elem...))
}

// send sends a request, with value as its JSON body unless value is nil, and
// reads one object.
func send[T record](ctx context.Context, c *Client, r transport.Request, value any) (T, error) {
	if value != nil {
		body, err := json.Marshal(value)
		if err != nil {
			var zero T
			return zero, invalid(r.Op, "the request cannot be written as JSON")
		}
		r.Header = http.Header{"Content-Type": {"application/json"}}
		r.Body, r.ContentLength = transport.Bytes(body)
	}
	return exchange(ctx, c, r, decode[T])
}

// remove sends a request whose success has no content.
func remove[ID ~string](ctx context.Context, c *Client, op string, effect transport.Effect, method string, id ID, query url.Values, elem ...string) error {
	if err := checkID(op, id); err != nil {
		return err
	}
	res, err := c.do(ctx, transport.Request{Op: op, Effect: effect, Method: method, Path: path(elem...), Query: query})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return answerError(op, effect, res, errContract("the answer is not 204 No Content"))
	}
	return nil
}

// exchange sends a request and decodes the JSON of its answer.
func exchange[T any](ctx context.Context, c *Client, r transport.Request, decode func([]byte) (T, error)) (T, error) {
	var zero T
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set("Accept", "application/json, application/problem+json")
	res, err := c.do(ctx, r)
	if err != nil {
		return zero, err
	}
	defer res.Body.Close()
	if mediaType(res.Header) != "application/json" {
		return zero, answerError(r.Op, r.Effect, res, errContract("the answer is not JSON"))
	}
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(res.Body); err != nil {
		return zero, answerError(r.Op, r.Effect, res, err)
	}
	v, err := decode(raw.Bytes())
	if err != nil {
		return zero, answerError(r.Op, r.Effect, res, err)
	}
	return v, nil
}
