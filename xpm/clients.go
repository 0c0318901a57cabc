package xpm

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/transport"
)

// ClientService reads and changes the clients of the practice.
type ClientService struct{ c *Client }

// Get returns a client with everything that XPM tells of it.
//
// It only reads, and is repeated. A client that XPM does not know is ErrNotFound;
// whether a deleted one still is found is not known.
// Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Get(ctx context.Context, id ClientUUID) (ClientEntity, error) {
	const op = "Clients.Get"
	if !id.valid() {
		return ClientEntity{}, invalid(op, "not a client UUID")
	}
	got, err := s.one(ctx, get(op, transport.Path("client.api", "get", string(id)), nil))
	if err == nil && !strings.EqualFold(string(got.UUID), string(id)) {
		return ClientEntity{}, &Error{Op: op, Err: malformed("about another client")}
	}
	return got, err
}

// Archive archives the client and returns it as XPM now sees it (R4).
//
// It is sent at most once. XPM is assumed not to mind a second archiving, but
// does not say so; an answer that is lost, that cannot be read, or that does not
// show this client as archived is therefore ErrOutcomeUnknown: read the client
// before you archive it again. A client that XPM does not know is ErrNotFound.
// The API has no way back; a person restores the client under Clients > Archived.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Archive(ctx context.Context, id ClientUUID) (ClientEntity, error) {
	const op = "Clients.Archive"
	if !id.valid() {
		return ClientEntity{}, invalid(op, "not a client UUID")
	}
	r, err := withXML(transport.Request{Op: op, Effect: transport.Once, Method: http.MethodPut, Path: transport.Path("client.api", "archive")}, struct {
		XMLName xml.Name   `xml:"Client"`
		UUID    ClientUUID `xml:"UUID"`
	}{UUID: id})
	if err != nil {
		return ClientEntity{}, err
	}
	got, err := s.one(ctx, r)
	if err != nil {
		return ClientEntity{}, err
	}
	if !strings.EqualFold(string(got.UUID), string(id)) || !got.IsArchived {
		return ClientEntity{}, &Error{Op: op, Err: fmt.Errorf("%w: the answer does not show the client as archived", ErrOutcomeUnknown)}
	}
	return got, nil
}

// ListOptions narrows List.
type ListOptions struct {
	// Detailed adds Notes, Groups and Relationships.
	Detailed bool
	// ModifiedSince leaves out clients that have not changed since, to the second.
	// Whether clients that were archived or deleted since are in is not known.
	ModifiedSince time.Time
}

// List iterates over all clients of the practice, archived and deleted ones
// included: look at StateKnown, IsArchived and IsDeleted.
//
// It only reads; each range over it sends the request anew. XPM answers in one
// piece, 50 MB for a large practice, which is decoded as it arrives and never
// held; a consumer that dawdles keeps the connection and its slot in the quota,
// and the time that an attempt may take runs on.
// An error comes last, after clients that may be sound, and means that the list
// is not complete.
// Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) List(ctx context.Context, o ListOptions) iter.Seq2[ClientEntity, error] {
	q := url.Values{}
	if o.Detailed {
		q.Set("detailed", "true")
	}
	if !o.ModifiedSince.IsZero() {
		q.Set("modifiedsince", o.ModifiedSince.UTC().Format("2006-01-02T15:04:05"))
	}
	return stream(ctx, s.c, get("Clients.List", transport.Path("client.api", "list"), q), "Clients", "Client", readClient)
}

// SearchOptions narrows Search.
type SearchOptions struct {
	// Detailed adds Notes, Groups and Relationships.
	Detailed bool
}

// Search returns the clients in which XPM finds the text, in any case: in the
// name, and perhaps elsewhere. It is no way to find a client by its code.
//
// It only reads, is repeated, and returns the answer whole. An empty text is
// ErrInvalid. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Search(ctx context.Context, query string, o SearchOptions) ([]ClientEntity, error) {
	const op = "Clients.Search"
	if strings.TrimSpace(query) == "" {
		return nil, invalid(op, "the text to search for is empty")
	}
	q := url.Values{"query": {query}}
	if o.Detailed {
		q.Set("detailed", "true")
	}
	return paginate.Collect(stream(ctx, s.c, get(op, transport.Path("client.api", "search"), q), "Clients", "Client", readClient))
}

// PageOptions sizes the pages of All.
type PageOptions struct {
	// PageSize is how many clients a page holds, 1 to 500. Zero means 500, which
	// costs the fewest calls.
	PageSize int
}

const maxPageSize = 500

// All iterates over the clients that are neither archived nor deleted, page by
// page, with their main fields: no ClientCode, contacts, tax fields, notes,
// groups or relationships. List has those.
//
// It only reads; each page is repeated if need be, and fetched only when the one
// before is used up. Each range over it starts at the first page. A page token
// or a client that comes twice is ErrInvalid: the pages moved while they were
// read. An error comes last. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) All(ctx context.Context, o PageOptions) iter.Seq2[ClientEntity, error] {
	const op = "Clients.All"
	size := o.PageSize
	if size == 0 {
		size = maxPageSize
	}
	return func(yield func(ClientEntity, error) bool) {
		if size < 1 || size > maxPageSize {
			yield(ClientEntity{}, invalid(op, "PageSize is 1 to 500"))
			return
		}
		page := func(ctx context.Context, token string) ([]ClientEntity, string, error) {
			return s.page(ctx, op, size, token)
		}
		for c, err := range paginate.All(ctx, page, func(c ClientEntity) string { return string(c.UUID) }) {
			if _, ours := errors.AsType[*Error](err); err != nil && !ours {
				err = &Error{Op: op, Err: err}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// page reads one page and the token of the next, which is empty on the last.
func (s *ClientService) page(ctx context.Context, op string, size int, token string) ([]ClientEntity, string, error) {
	q := url.Values{"pageSize": {strconv.Itoa(size)}}
	if token != "" {
		q.Set("pageToken", token)
	}
	var clients []ClientEntity
	var links struct {
		Next string `xml:"Links>Next"`
	}
	err := s.c.call(ctx, get(op, transport.Path("client.api", "paged-list"), q), envelope{required: "Clients", parts: map[string]part{
		"Clients": each("Client", func(a *answer, start xml.StartElement) error {
			c, err := readClient(a.Decoder, start)
			clients = append(clients, c)
			return err
		}),
		"Pagination": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&links, &start) },
	}})
	if err != nil {
		return nil, "", err
	}
	next, err := pageToken(links.Next)
	if err != nil {
		return nil, "", &Error{Op: op, Err: err}
	}
	return clients, next, nil
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

// one sends a request whose answer is one client.
func (s *ClientService) one(ctx context.Context, r transport.Request) (ClientEntity, error) {
	var got ClientEntity
	var webURL string
	err := s.c.call(ctx, r, envelope{required: "Client", parts: map[string]part{
		"Client": func(a *answer, start xml.StartElement) (err error) {
			got, err = readClient(a.Decoder, start)
			return err
		},
		// The documentation has it beside the client, recorded answers within.
		"WebUrl": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&webURL, &start) },
	}})
	if err != nil {
		return ClientEntity{}, err
	}
	if got.WebURL == "" {
		got.WebURL = webURL
	}
	return got, nil
}

// stream sends a request whose answer is a list, and yields its items as they
// arrive. Each range over it is a request of its own.
func stream[T any](ctx context.Context, c *Client, r transport.Request, list, item string, read func(*xml.Decoder, xml.StartElement) (T, error)) iter.Seq2[T, error] {
	r.MaxResponseBytes = max(c.maxBytes, maxListBytes)
	return func(yield func(T, error) bool) {
		err := c.call(ctx, r, envelope{required: list, element: c.maxBytes, parts: map[string]part{
			list: each(item, func(a *answer, start xml.StartElement) error {
				v, err := read(a.Decoder, start)
				if err == nil && !yield(v, nil) {
					err = errStop
				}
				return err
			}),
		}})
		if err != nil {
			var zero T
			yield(zero, err)
		}
	}
}
