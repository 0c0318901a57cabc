package nimbus

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// ClientID identifies a Client Entity.
type ClientID string

// ClientEntity is a row of the Client Grid.
type ClientEntity struct {
	ID ClientID `json:"id"`
	// Code is the Client Code, the key shared with the source system. It is
	// empty where the source system has none.
	Code string `json:"code"`
	Name string `json:"name"`
	// Integrated tells whether a source system feeds the entity. One that is
	// not integrated is deleted by hand (R6).
	Integrated bool     `json:"integrated"`
	FolderID   FolderID `json:"folderId"`
}

func (ClientEntity) members() []string { return []string{"id", "code", "name", "integrated"} }
func (e ClientEntity) check() error    { return named("id", e.ID) }

// PageOptions says how a long list is cut into pages.
type PageOptions struct {
	// Size is the number of items a page, 1 to 500. Zero leaves it to the server.
	Size int
}

// ClientService works on the Client Grid. Use it as Client.Clients.
type ClientService struct{ c *Client }

// Get returns one Client Entity.
//
// It changes nothing and is read whole. An entity that is not on the Client
// Grid is ErrNotFound, which is what proves R9.
func (s *ClientService) Get(ctx context.Context, id ClientID) (ClientEntity, error) {
	return getByID(ctx, s.c, "Clients.Get", id, func(e ClientEntity) ClientID { return e.ID }, "clients", string(id))
}

// FindByCode returns the Client Entities with exactly this Client Code, letter
// case aside. No match is an empty slice and no error; more than one is
// possible, and ambiguity is the caller's to settle.
//
// It changes nothing and follows all pages. An answer that names an entity with
// another code is ErrInvalid.
func (s *ClientService) FindByCode(ctx context.Context, code string) ([]ClientEntity, error) {
	const op = "Clients.FindByCode"
	if strings.TrimSpace(code) == "" {
		return nil, invalid(op, "the client code is empty")
	}
	found, err := list(ctx, s.c, op, url.Values{"code": {code}}, func(e ClientEntity) string { return string(e.ID) }, "clients")
	if err != nil {
		return nil, err
	}
	for _, e := range found {
		if !strings.EqualFold(e.Code, code) {
			return nil, invalid(op, "the answer names an entity with another code")
		}
	}
	return found, nil
}

// All iterates over the whole Client Grid, page by page.
//
// It changes nothing, is lazy, starts anew each time it is ranged over, and
// ends after the first error. Pages that repeat or shift are ErrInvalid.
func (s *ClientService) All(ctx context.Context, options PageOptions) iter.Seq2[ClientEntity, error] {
	const op = "Clients.All"
	if options.Size < 0 || options.Size > 500 {
		return func(yield func(ClientEntity, error) bool) {
			yield(ClientEntity{}, invalid(op, "the page size is not between 1 and 500"))
		}
	}
	query := url.Values{}
	if options.Size > 0 {
		query.Set("pageSize", strconv.Itoa(options.Size))
	}
	return all(ctx, s.c, op, query, func(e ClientEntity) string { return string(e.ID) }, "clients")
}

// Delete deletes a Client Entity on the Client Grid by hand (R6, R12). Its
// history goes with it (R11), its email jobs too (R10), and its folder becomes
// orphaned (R13).
//
// It is sent at most once: when the answer is lost the error is
// ErrOutcomeUnknown, and reading the entity tells. A missing entity is
// ErrNotFound.
func (s *ClientService) Delete(ctx context.Context, id ClientID) error {
	return remove(ctx, s.c, "Clients.Delete", transport.Once, http.MethodDelete, id, nil, "clients", string(id))
}
