package xpm

import (
	"context"
	"encoding/xml"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// ContactService reads and changes the people of clients.
//
// A contact can belong to several clients, and has a Position and IsPrimary with
// each. Its methods therefore take the client it is meant with, as Xero advises.
// Where the client may be empty, XPM then may leave those two out.
type ContactService struct{ c *Client }

// ContactParams is what is written of a contact. What is empty is not sent.
type ContactParams struct {
	Name       string // required
	Salutation string
	Addressee  string
	Mobile     string
	Email      string
	Phone      string
	Position   string // with the client
	IsPrimary  Flag   // with the client

	// Clear names elements that Update sends empty, such as "Email". That this
	// clears them is assumed.
	Clear []string
}

// fields are the elements of the names, in their order: the documented requests
// differ in it.
func (p ContactParams) fields(names ...string) []field {
	values := map[string]string{
		"Name": p.Name, "Salutation": p.Salutation, "Addressee": p.Addressee, "Mobile": p.Mobile, "Email": p.Email,
		"Phone": p.Phone, "Position": p.Position, "IsPrimary": string(p.IsPrimary),
	}
	fields := make([]field, len(names))
	for i, name := range names {
		fields[i] = field{name: name, value: values[name]}
	}
	return fields
}

// All iterates over the contacts of the practice that are not deleted, page by
// page, without the clients they belong to, Position and IsPrimary.
//
// It only reads; each page is repeated if need be, and fetched only when the one
// before is used up. Each range over it starts at the first page. A page token
// or a contact that comes twice is ErrInvalid: the pages moved while they were
// read. An error comes last. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) All(ctx context.Context, o PageOptions) iter.Seq2[Contact, error] {
	path := transport.Path("client.api", "contacts")
	return paged(ctx, s.c, "Contacts.All", path, o, "Contacts", "Contact", readContact, func(c Contact) string { return string(c.UUID) })
}

// Get returns a contact, as the client's if client is not empty.
//
// It only reads, and is repeated. A contact that XPM does not know is
// ErrNotFound. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) Get(ctx context.Context, id ContactUUID, client ClientUUID) (Contact, error) {
	r := transport.Request{Op: "Contacts.Get", Effect: transport.Read, Method: http.MethodGet}
	return s.one(ctx, r, id, client)
}

// Create adds a contact to a client and returns it.
//
// It is sent at most once: names are not unique. When the answer is lost that is
// ErrOutcomeUnknown; look at the client's contacts before you create it again.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) Create(ctx context.Context, client ClientUUID, p ContactParams) (Contact, error) {
	const op = "Contacts.Create"
	switch {
	case !client.valid():
		return Contact{}, invalid(op, "not a client UUID")
	case strings.TrimSpace(p.Name) == "":
		return Contact{}, invalid(op, "the name is required")
	case len(p.Clear) > 0:
		return Contact{}, invalid(op, "a new contact has nothing to clear")
	}
	fields := append([]field{within(client)}, p.fields("Name", "Salutation", "Addressee", "Mobile", "Email", "Phone", "Position", "IsPrimary")...)
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("client.api", "contact"), body{"Contact", fields})
	if err != nil {
		return Contact{}, err
	}
	return change(ctx, s.c, r, "Contact", readContact)
}

// Update changes what p sets of a contact and returns it. Position and IsPrimary
// need the client; without one they are ErrInvalid.
//
// It is repeated if need be, since it sets the same values again. That XPM leaves
// alone what is not sent is assumed; the name is always sent. After an error
// other than ErrInvalid and ErrNotFound the change may have been made all the
// same; sending it again does no harm. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) Update(ctx context.Context, id ContactUUID, client ClientUUID, p ContactParams) (Contact, error) {
	const op = "Contacts.Update"
	fields := p.fields("Name", "Salutation", "Addressee", "Mobile", "Email", "Phone", "Position", "IsPrimary")
	if err := emptied(op, fields, p.Clear, "Name", "IsPrimary"); err != nil {
		return Contact{}, err
	}
	ofClient := fields[6:]
	switch {
	case strings.TrimSpace(p.Name) == "":
		return Contact{}, invalid(op, "the name is required")
	case client != "":
		fields = append(fields[:6:6], append([]field{within(client)}, ofClient...)...)
	case ofClient[0].value != "" || ofClient[0].clear || ofClient[1].value != "":
		return Contact{}, invalid(op, "Position and IsPrimary need the client")
	}
	r, err := write(op, transport.Repeatable, http.MethodPut, "", body{"Contact", fields})
	if err != nil {
		return Contact{}, err
	}
	return s.one(ctx, r, id, client)
}

// Delete deletes a contact from the client, and returns it as it was deleted.
// Without a client, XPM decides from which: it is best given.
//
// It is sent at most once: what XPM says to a second deletion is not known. When
// the answer is lost that is ErrOutcomeUnknown; Get tells IsDeleted. A contact
// that XPM does not know is ErrNotFound. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) Delete(ctx context.Context, id ContactUUID, client ClientUUID) (Contact, error) {
	r := transport.Request{Op: "Contacts.Delete", Effect: transport.Once, Method: http.MethodDelete}
	return s.one(ctx, r, id, client)
}

// ContactLink makes a contact one of a client.
type ContactLink struct {
	UUID      ContactUUID
	Position  string
	IsPrimary Flag
}

const maxLinks = 10

// Link makes contacts that exist contacts of a client too, 1 to 10 in a call;
// any other number is ErrInvalid.
//
// It is sent at most once: what XPM says to a contact that is linked already is
// not known. When the answer is lost that is ErrOutcomeUnknown; look at the
// client's contacts. What XPM answers beside its Status is not documented, and
// is not read. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *ContactService) Link(ctx context.Context, client ClientUUID, links []ContactLink) error {
	const op = "Contacts.Link"
	switch {
	case !client.valid():
		return invalid(op, "not a client UUID")
	case len(links) == 0 || len(links) > maxLinks:
		return invalid(op, fmt.Sprintf("1 to %d contacts go in a call", maxLinks))
	}
	var contacts []field
	for _, l := range links {
		if !validID(l.UUID) {
			return invalid(op, "not a contact UUID")
		}
		contacts = append(contacts, field{name: "Contact", inner: []field{
			{name: "UUID", value: string(l.UUID)}, {name: "Position", value: l.Position}, {name: "IsPrimary", value: string(l.IsPrimary)},
		}})
	}
	path := transport.Path("client.api", "client", string(client), "contacts")
	r, err := write(op, transport.Once, http.MethodPost, path, body{"Client", []field{{name: "Contacts", inner: contacts}}})
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// one sends a request about one contact, whose answer is the contact.
func (s *ContactService) one(ctx context.Context, r transport.Request, id ContactUUID, client ClientUUID) (Contact, error) {
	switch {
	case !validID(id):
		return Contact{}, invalid(r.Op, "not a contact UUID")
	case client != "" && !client.valid():
		return Contact{}, invalid(r.Op, "not a client UUID")
	case client != "":
		r.Query = url.Values{"clientUuid": {string(client)}}
	}
	r.Path = transport.Path("client.api", "contact", string(id))
	return change(ctx, s.c, r, "Contact", about(id, readContact, func(c Contact) ContactUUID { return c.UUID }))
}

// within names the client of a contact.
func within(client ClientUUID) field {
	return field{name: "Client", inner: []field{{name: "UUID", value: string(client)}}}
}

// readContact decodes one Contact element.
func readContact(d *xml.Decoder, start xml.StartElement) (Contact, error) {
	c, err := element[Contact](d, start)
	if err == nil && c.UUID == "" {
		err = malformed("a contact without UUID")
	}
	return c, err
}
