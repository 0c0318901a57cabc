package xpm

import (
	"context"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// Create adds a client, with its contacts, and returns it as Get does. Tax
// details are best sent with it: XPM checks tax numbers, and a client that got
// them in a second call would be left behind if they are refused.
//
// It is sent at most once: XPM lets two clients have the same name. When the
// answer is lost that is ErrOutcomeUnknown; Search for the name, and compare,
// before you create the client again. A name that is missing, and a tax number
// that is masked, is ErrInvalid, and is not sent.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Create(ctx context.Context, p ClientParams) (ClientEntity, error) {
	const op = "Clients.Create"
	if err := p.check(op); err != nil {
		return ClientEntity{}, err
	}
	for _, c := range p.Contacts {
		if strings.TrimSpace(c.Name) == "" {
			return ClientEntity{}, invalid(op, "each contact has to have a name")
		}
	}
	if len(p.Clear) > 0 {
		return ClientEntity{}, invalid(op, "a new client has nothing to clear")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("client.api", "add"), body{"Client", p.fields()})
	if err != nil {
		return ClientEntity{}, err
	}
	return s.one(ctx, r, "")
}

// Update changes what p sets of a client and returns it as Get does. Contacts
// have operations of their own; here they are ErrInvalid.
//
// It is repeated if need be, since it sets the same values again. That XPM leaves
// alone what is not sent is assumed. The name is always needed. After an error
// other than ErrInvalid and ErrNotFound the change may have been made all the
// same; sending it again does no harm. Never take p from an answer field by
// field: the tax number is masked there, and some words differ.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Update(ctx context.Context, id ClientUUID, p ClientParams) (ClientEntity, error) {
	const op = "Clients.Update"
	if !id.valid() {
		return ClientEntity{}, invalid(op, "not a client UUID")
	}
	if err := p.check(op); err != nil {
		return ClientEntity{}, err
	}
	if len(p.Contacts) > 0 {
		return ClientEntity{}, invalid(op, "contacts are not updated with their client")
	}
	fields := p.fields()
	if err := emptied(op, fields, p.Clear, "Name", "Contacts"); err != nil {
		return ClientEntity{}, err
	}
	fields = append([]field{{name: "UUID", value: string(id)}}, fields...)
	r, err := write(op, transport.Repeatable, http.MethodPut, transport.Path("client.api", "update"), body{"Client", fields})
	if err != nil {
		return ClientEntity{}, err
	}
	return s.one(ctx, r, id)
}

// Delete deletes a client. The API has no way back. A deleted client is assumed
// to stay in List, with IsDeleted.
//
// It is sent at most once: what XPM says to a second deletion is not known. When
// the answer is lost that is ErrOutcomeUnknown: look for the client in List, or
// Get it. A client that XPM does not know is ErrNotFound.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ClientService) Delete(ctx context.Context, id ClientUUID) error {
	const op = "Clients.Delete"
	if !id.valid() {
		return invalid(op, "not a client UUID")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("client.api", "delete"), named("Client", id))
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}
