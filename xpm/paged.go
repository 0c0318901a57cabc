package xpm

import (
	"context"
	"encoding/xml"
	"errors"
	"iter"
	"net/url"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/internal/paginate"
)

// PageOptions sizes the pages of Clients.All and Contacts.All.
type PageOptions struct {
	// PageSize is how many items a page holds, 1 to 500. Zero means 500, which
	// costs the fewest calls.
	PageSize int
	// Fields is as in ListOptions.
	Fields []string
}

const maxPageSize = 500

// paged asks for a list page by page.
func paged[T any](ctx context.Context, c *Client, op, path string, o PageOptions, list, item string, read func(*xml.Decoder, xml.StartElement) (T, error), key func(T) string) iter.Seq2[T, error] {
	size := o.PageSize
	if size == 0 {
		size = maxPageSize
	}
	return func(yield func(T, error) bool) {
		if size < 1 || size > maxPageSize {
			var zero T
			yield(zero, invalid(op, "PageSize is 1 to 500"))
			return
		}
		page := func(ctx context.Context, token string) (items []T, next string, err error) {
			q := url.Values{"pageSize": {strconv.Itoa(size)}}
			if token != "" {
				q.Set("pageToken", token)
			}
			onlyFields(q, o.Fields, "UUID")
			var links struct {
				Next string `xml:"Links>Next"`
			}
			err = c.call(ctx, get(op, path, q), envelope{required: list, parts: map[string]part{
				list: each(item, func(a *answer, start xml.StartElement) error {
					v, err := read(a.Decoder, start)
					items = append(items, v)
					return err
				}),
				"Pagination": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&links, &start) },
			}})
			if err != nil {
				return nil, "", err
			}
			next, err = pageToken(links.Next)
			return items, next, err
		}
		for v, err := range paginate.All(ctx, page, key) {
			if _, ours := errors.AsType[*Error](err); err != nil && !ours {
				err = &Error{Op: op, Err: err}
			}
			if !yield(v, err) {
				return
			}
		}
	}
}

// pageToken takes the token out of a link to the next page. The link itself is
// never followed: where it leads is for the server to choose.
func pageToken(link string) (string, error) {
	if link = strings.TrimSpace(link); link == "" {
		return "", nil
	}
	if u, err := url.Parse(link); err == nil {
		if q, err := url.ParseQuery(u.RawQuery); err == nil && q.Get("pageToken") != "" {
			return q.Get("pageToken"), nil
		}
	}
	return "", malformed("one whose link to the next page has no token")
}
