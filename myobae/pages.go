package myobae

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/practicekit/offboarding/internal/paginate"
)

// quote makes an OData literal of text; a quote inside is doubled.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// page is one part of a list. next is the link to the part after it, as the
// gateway wrote it; empty after the last.
type page[T any] struct {
	items []T
	next  string
}

// decodePage reads one part of a list, each of its items with decodeItem. Items
// that are missing or null are no empty list but an error (I3).
func decodePage[T any](body []byte, decodeItem func([]byte) (T, error)) (page[T], error) {
	var wire struct {
		Items        []json.RawMessage
		NextPageLink string
	}
	if err := decode(body, &wire, "Items"); err != nil {
		return page[T]{}, err
	}
	p := page[T]{items: make([]T, 0, len(wire.Items)), next: wire.NextPageLink}
	for _, raw := range wire.Items {
		item, err := decodeItem(raw)
		if err != nil {
			return page[T]{}, err
		}
		p.items = append(p.items, item)
	}
	return p, nil
}

// pages iterates over a list, part by part.
func pages[T any](ctx context.Context, c *Client, op, path string, query url.Values, decodeItem func([]byte) (T, error), key func(T) string) iter.Seq2[T, error] {
	fetch := func(ctx context.Context, token string) ([]T, string, error) {
		r := Request{Op: op, Effect: EffectRead, Method: http.MethodGet, Path: path, Query: query}
		if token != "" {
			r.Query, _ = url.ParseQuery(token) // nextQuery wrote it
		}
		a, err := c.Do(ctx, r)
		if err != nil {
			return nil, "", err
		}
		p, err := decodePage(a.Body, decodeItem)
		if err != nil {
			return nil, "", senseless(r, a, err.Error())
		}
		next, err := nextQuery(c.base, path, p.next)
		if err != nil {
			return nil, "", senseless(r, a, err.Error())
		}
		return p.items, next, nil
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

// nextQuery takes the query of a link to a further page, which has to lead to
// the same list of the same gateway. Only the query is used, so that whatever
// the link says, the token goes nowhere else.
func nextQuery(base *url.URL, path, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	ref, err := url.Parse(link)
	if err != nil {
		return "", errors.New("the link to the next page is malformed")
	}
	list := base.JoinPath(path)
	next := list.ResolveReference(ref)
	if next.Scheme != list.Scheme || !strings.EqualFold(next.Host, list.Host) || next.User != nil ||
		next.EscapedPath() != list.EscapedPath() || next.Fragment != "" {
		return "", errors.New("the link to the next page leads elsewhere")
	}
	query, err := url.ParseQuery(next.RawQuery)
	if err != nil || len(query) == 0 {
		return "", errors.New("the link to the next page has no query, or a malformed one")
	}
	return query.Encode(), nil
}

// failing is the iteration that ends with an error at once.
func failing[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		yield(zero, err)
	}
}
