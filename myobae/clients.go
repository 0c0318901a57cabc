package myobae

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// ClientsService reads, closes and re-opens clients.
type ClientsService struct{ client *Client }

// Get returns one client.
//
// It is a read, repeated after failures that pass; the answer is whole.
// A missing client is ErrNotFound with Error.Name NameNotFound; without the name
// it is somebody else's 404, a proxy's for one, and says nothing of the client.
// An answer about another client, or one without UID, Code, IsClient, Status,
// ExtraFields or RowVersion, is ErrInvalid. Contract: ours.
func (s *ClientsService) Get(ctx context.Context, uid ClientUID) (ClientEntity, error) {
	r := Request{Op: "Clients.Get", Effect: EffectRead, Method: http.MethodGet, Path: transport.Path("v1", "Client", string(uid))}
	if !uidPattern.MatchString(string(uid)) {
		return ClientEntity{}, invalid(r.Op, "the UID is empty or malformed")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return ClientEntity{}, err
	}
	return clientAnswer(r, a, uid)
}

// clientAnswer decodes a client that must be the one asked for.
func clientAnswer(r Request, a Response, uid ClientUID) (ClientEntity, error) {
	c, err := decodeClient(a.Body)
	if err == nil && !strings.EqualFold(string(c.UID), string(uid)) {
		err = errors.New("the answer is about another client")
	}
	if err != nil {
		return ClientEntity{}, senseless(r, a, err.Error())
	}
	return c, nil
}

// FindByCode returns the clients, contacts and suppliers that have the code,
// letters compared without regard to case. It asks for two at most: none and
// one are certain, two mean that the code is ambiguous, and then the caller
// stops rather than takes the first.
//
// It is a read, repeated after failures that pass; the answer is whole, and no
// link to a further page is followed. An answer with another code, or with less
// than two items and a further page, is ErrInvalid. Contract: ours; the filter
// is OData v3 as on MYOB's other APIs.
func (s *ClientsService) FindByCode(ctx context.Context, code string) ([]ClientEntity, error) {
	r := Request{Op: "Clients.FindByCode", Effect: EffectRead, Method: http.MethodGet, Path: "v1/Client", Query: url.Values{
		"$filter": {"Code eq " + quote(code)},
		"$top":    {"2"},
	}}
	if code == "" {
		return nil, invalid(r.Op, "the code is empty")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	page, err := decodePage(a.Body, decodeClient)
	if err == nil && page.next != "" && len(page.items) < 2 {
		err = errors.New("the answer is incomplete")
	}
	for _, c := range page.items {
		if !strings.EqualFold(c.Code, code) {
			err = errors.New("the answer has a client of another code")
		}
	}
	if err != nil {
		return nil, senseless(r, a, err.Error())
	}
	return page.items, nil
}

// ListOptions says which clients are listed. The zero value lists all, and what
// is set narrows it down.
type ListOptions struct {
	Status      Status // StatusOpen, StatusClosed
	ClientsOnly bool   // without contacts and suppliers
	// ModifiedSince leaves out those whose LastModified is older. On MYOB's
	// other APIs that time is known not to move on every change, so a client
	// that is left out may have changed all the same.
	ModifiedSince time.Time
	// PageSize is the number of clients a page, 1 to 1000. Zero leaves it to
	// the gateway.
	PageSize int
}

// query is the first page's query, in OData v3.
func (o ListOptions) query() url.Values {
	var terms []string
	if o.Status != "" {
		terms = append(terms, "Status eq "+quote(string(o.Status)))
	}
	if o.ClientsOnly {
		terms = append(terms, "IsClient eq true")
	}
	if !o.ModifiedSince.IsZero() {
		terms = append(terms, "LastModified ge datetime'"+o.ModifiedSince.UTC().Format("2006-01-02T15:04:05")+"'")
	}
	query := url.Values{}
	if len(terms) > 0 {
		query.Set("$filter", strings.Join(terms, " and "))
	}
	if o.PageSize > 0 {
		query.Set("$top", strconv.Itoa(o.PageSize))
	}
	return query
}

// admits reports whether a client is one that was asked for. What the gateway
// does not tell (LastModified) is not held against it.
func (o ListOptions) admits(c ClientEntity) bool {
	return (o.Status == "" || c.Status == o.Status) &&
		(!o.ClientsOnly || c.IsClient) &&
		(c.LastModified.IsZero() || !c.LastModified.Before(o.ModifiedSince.Truncate(time.Second)))
}

// All iterates over the clients, contacts and suppliers that the options ask
// for, in the order of their UIDs.
//
// It is a read, repeated page by page after failures that pass; it is lazy,
// starts anew each time it is ranged over, and ends after the first error. A
// link to a further page that leaves the gateway's own list is ErrInvalid and is
// not followed; so are pages that repeat or shift, and clients that were not
// asked for. Contract: ours.
func (s *ClientsService) All(ctx context.Context, options ListOptions) iter.Seq2[ClientEntity, error] {
	const op = "Clients.All"
	if options.PageSize < 0 || options.PageSize > 1000 {
		return failing[ClientEntity](invalid(op, "the page size is not between 1 and 1000"))
	}
	item := func(body []byte) (ClientEntity, error) {
		c, err := decodeClient(body)
		if err == nil && !options.admits(c) {
			err = errors.New("the answer has a client that was not asked for")
		}
		return c, err
	}
	return pages(ctx, s.client, op, "v1/Client", options.query(), item, func(c ClientEntity) string { return string(c.UID) })
}
