package xpm

import (
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"net/http"
	"net/url"
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
	return s.one(ctx, get(op, transport.Path("client.api", "get", string(id)), nil), id)
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
	r, err := write(op, transport.Once, http.MethodPut, transport.Path("client.api", "archive"), named("Client", id))
	if err != nil {
		return ClientEntity{}, err
	}
	got, err := s.one(ctx, r, id)
	if err != nil {
		return ClientEntity{}, err
	}
	if !got.IsArchived {
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
	// Fields asks for these elements only, and for the UUID. Empty means all. How
	// XPM takes it is assumed from a schema that Xero withdrew; StateKnown is false
	// if IsArchived and IsDeleted are not among them.
	Fields []string
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
	onlyFields(q, o.Fields, "UUID")
	return stream(ctx, s.c, get("Clients.List", transport.Path("client.api", "list"), q), "Clients", "Client", readClient)
}

// SearchOptions narrows Search.
type SearchOptions struct {
	// Detailed adds Notes, Groups and Relationships.
	Detailed bool
	// Fields is as in ListOptions.
	Fields []string
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
	onlyFields(q, o.Fields, "UUID")
	return paginate.Collect(stream(ctx, s.c, get(op, transport.Path("client.api", "search"), q), "Clients", "Client", readClient))
}

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
	path := transport.Path("client.api", "paged-list")
	return paged(ctx, s.c, "Clients.All", path, o, "Clients", "Client", readClient, func(c ClientEntity) string { return string(c.UUID) })
}

// one sends a request whose answer is one client: the one with the id, unless
// that is empty.
func (s *ClientService) one(ctx context.Context, r transport.Request, id ClientUUID) (ClientEntity, error) {
	read := readClient
	if id != "" {
		read = about(id, read, func(c ClientEntity) ClientUUID { return c.UUID })
	}
	return linked(ctx, s.c, r, "Client", func(c *ClientEntity) *string { return &c.WebURL }, read)
}

// stream sends a request whose answer is a list, and yields its items as they
// arrive. Each range over it is a request of its own.
func stream[T any](ctx context.Context, c *Client, r transport.Request, list, item string, read func(*xml.Decoder, xml.StartElement) (T, error)) iter.Seq2[T, error] {
	return streamed(ctx, c, r, envelope{required: list}, item, read)
}

// streamed is stream for an envelope that says more of itself; the list is its
// required part.
func streamed[T any](ctx context.Context, c *Client, r transport.Request, want envelope, item string, read func(*xml.Decoder, xml.StartElement) (T, error)) iter.Seq2[T, error] {
	r.MaxResponseBytes = max(c.maxBytes, maxListBytes)
	want.element = c.maxBytes
	return func(yield func(T, error) bool) {
		want := want
		want.parts = map[string]part{want.required: each(item, func(a *answer, start xml.StartElement) error {
			v, err := read(a.Decoder, start)
			if err == nil && !yield(v, nil) {
				err = errStop
			}
			return err
		})}
		if err := c.call(ctx, r, want); err != nil {
			var zero T
			yield(zero, err)
		}
	}
}
