package nimbus

import (
	"context"
	"net/http"

	"github.com/practicekit/offboarding/internal/transport"
)

// ContactID identifies a Contact. A Contact is known by its id and never by its
// e-mail address, which Contacts can share (P5).
type ContactID string

// Contact is a person related to Client Entities.
type Contact struct {
	ID        ContactID `json:"id"`
	FirstName string    `json:"firstName"`
	Surname   string    `json:"surname"`
	Email     string    `json:"email"`
	// HasLogin tells whether the Contact has a login to the client portal, which
	// is what keeps it when its last entity goes (R14, R15).
	HasLogin bool `json:"hasLogin"`
	// PortalAccess tells whether that login may be used.
	PortalAccess bool `json:"portalAccess"`
	// Invited tells that another portal user invited the Contact (P3).
	Invited bool `json:"invited"`
}

func (Contact) members() []string { return []string{"id", "hasLogin", "portalAccess"} }
func (c Contact) check() error    { return named("id", c.ID) }

// Relation ties a Contact to a Client Entity.
type Relation struct {
	ClientID ClientID `json:"clientId"`
	Code     string   `json:"code"`
	Name     string   `json:"name"`
}

func (Relation) members() []string { return []string{"clientId", "code"} }
func (r Relation) check() error    { return named("clientId", r.ClientID) }

// ContactService works on Contacts. Use it as Client.Contacts.
type ContactService struct{ c *Client }

// ListByClient returns every Contact related to the entity, those whom portal
// users invited included (P3).
//
// It changes nothing and follows all pages. A missing entity is ErrNotFound.
func (s *ContactService) ListByClient(ctx context.Context, id ClientID) ([]Contact, error) {
	const op = "Contacts.ListByClient"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return list(ctx, s.c, op, nil, func(c Contact) string { return string(c.ID) }, "clients", string(id), "contacts")
}

// Get returns one Contact.
//
// It changes nothing and is read whole. A missing Contact is ErrNotFound.
func (s *ContactService) Get(ctx context.Context, id ContactID) (Contact, error) {
	return getByID(ctx, s.c, "Contacts.Get", id, func(c Contact) ContactID { return c.ID }, "contacts", string(id))
}

// Relations returns the Client Entities that the Contact is related to; none is
// an empty slice. An answer that does not state its items is ErrInvalid and
// never an empty list (I3).
//
// It changes nothing and follows all pages. A missing Contact is ErrNotFound.
func (s *ContactService) Relations(ctx context.Context, id ContactID) ([]Relation, error) {
	const op = "Contacts.Relations"
	if err := checkID(op, id); err != nil {
		return nil, err
	}
	return list(ctx, s.c, op, nil, func(r Relation) string { return string(r.ClientID) }, "contacts", string(id), "relations")
}

// RemovePortalAccess takes the Contact's access to the client portal away (R17).
//
// It may be sent again: a Contact without access stays as it is. A missing
// Contact is ErrNotFound.
func (s *ContactService) RemovePortalAccess(ctx context.Context, id ContactID) error {
	return remove(ctx, s.c, "Contacts.RemovePortalAccess", transport.Repeatable, http.MethodDelete, id, nil, "contacts", string(id), "portal-access")
}

// Delete deletes a Contact that is related to no Client Entity (R15).
//
// It is sent at most once: when the answer is lost the error is
// ErrOutcomeUnknown. A Contact that is still related is ErrConflict with
// CodeContactRelated, a missing one ErrNotFound.
func (s *ContactService) Delete(ctx context.Context, id ContactID) error {
	return remove(ctx, s.c, "Contacts.Delete", transport.Once, http.MethodDelete, id, nil, "contacts", string(id))
}
