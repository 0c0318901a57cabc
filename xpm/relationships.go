package xpm

import (
	"context"
	"encoding/xml"
	"net/http"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// RelationshipService changes how clients are tied to one another. What there is
// comes with the client: Clients.Get, and the detailed lists. Relationships need
// the Practice Management module.
type RelationshipService struct{ c *Client }

// RelationshipType is how a client is tied to the related client, as XPM takes
// it. What it gives back in Relationship.Type is a label that depends on whose
// record it is on: a company has "Director", the person "Director of", for one
// relationship. RelationshipTypeOf finds the type of a label.
type RelationshipType string

// The types that XPM takes. It is an open set when read.
const (
	RelationshipDirector      RelationshipType = "Director"
	RelationshipShareholder   RelationshipType = "Shareholder"
	RelationshipTrustee       RelationshipType = "Trustee"
	RelationshipBeneficiary   RelationshipType = "Beneficiary"
	RelationshipPartner       RelationshipType = "Partner"
	RelationshipSettlor       RelationshipType = "Settlor"
	RelationshipAssociate     RelationshipType = "Associate"
	RelationshipSecretary     RelationshipType = "Secretary"
	RelationshipPublicOfficer RelationshipType = "Public Officer"
	RelationshipHusband       RelationshipType = "Husband"
	RelationshipWife          RelationshipType = "Wife"
	RelationshipSpouse        RelationshipType = "Spouse"
	RelationshipParentOf      RelationshipType = "Parent Of"
	RelationshipChildOf       RelationshipType = "Child Of"
	RelationshipAppointer     RelationshipType = "Appointer"
	RelationshipMember        RelationshipType = "Member"
	RelationshipAuditor       RelationshipType = "Auditor"
	RelationshipOwner         RelationshipType = "Owner"
)

// RelationshipTypeOf is the type that a label belongs to, whichever side it was
// read on: Director for "Director" and "Director of". A label of no type that
// XPM takes, such as "Contact of", is returned without the "of". The labels are
// those that were seen on a live tenant; which side says Parent and which Parent
// of is not known.
func RelationshipTypeOf(label string) RelationshipType {
	name := strings.TrimSpace(label)
	if n := len(name) - len(" of"); n > 0 && strings.EqualFold(name[n:], " of") {
		name = strings.TrimSpace(name[:n])
	}
	switch strings.ToLower(name) {
	case "parent":
		return RelationshipParentOf
	case "child":
		return RelationshipChildOf
	case "appointor":
		return RelationshipAppointer
	}
	for _, t := range [...]RelationshipType{
		RelationshipDirector, RelationshipShareholder, RelationshipTrustee, RelationshipBeneficiary, RelationshipPartner, RelationshipSettlor,
		RelationshipAssociate, RelationshipSecretary, RelationshipPublicOfficer, RelationshipHusband, RelationshipWife, RelationshipSpouse,
		RelationshipAppointer, RelationshipMember, RelationshipAuditor, RelationshipOwner,
	} {
		if strings.EqualFold(name, string(t)) {
			return t
		}
	}
	return RelationshipType(name)
}

// RelationshipParams is a relationship to add. What is empty is not sent.
type RelationshipParams struct {
	ClientUUID        ClientUUID
	RelatedClientUUID ClientUUID
	Type              RelationshipType
	RelationshipTerms
}

// RelationshipTerms is what can change in a relationship. What is zero is not
// sent.
type RelationshipTerms struct {
	NumberOfShares Decimal // of a shareholder or owner
	Percentage     Decimal // of a partner
	StartDate      time.Time
	EndDate        time.Time
}

func (t RelationshipTerms) fields() []field {
	return []field{
		{name: "NumberOfShares", value: string(t.NumberOfShares)}, {name: "Percentage", value: string(t.Percentage)},
		{name: "StartDate", value: isoDate(t.StartDate)}, {name: "EndDate", value: isoDate(t.EndDate)},
	}
}

// ClientRelationship is a relationship as the answer to a change has it. Its form
// is assumed from a schema that Xero withdrew; it is zero where XPM says nothing
// but its Status.
type ClientRelationship struct {
	UUID           RelationshipUUID `xml:"UUID"`
	Client         ClientRef        `xml:"Client"`
	RelatedClient  ClientRef        `xml:"RelatedClient"`
	Type           string           `xml:"RelationshipType>Name"`
	NumberOfShares Decimal          `xml:"NumberOfShares"`
	Percentage     Decimal          `xml:"Percentage"`
	StartDate      DateTime         `xml:"StartDate"`
	EndDate        DateTime         `xml:"EndDate"`
	Extra          []Element        `xml:",any"`
}

// Create ties a client to another one. A missing type, and a client that is to
// be tied to itself, are ErrInvalid, and are not sent.
//
// It is sent at most once: XPM is not known to refuse the same relationship
// twice. When the answer is lost that is ErrOutcomeUnknown; Get the client and
// look at its Relationships before you create it again. What XPM answers is not
// documented: the zero ClientRelationship means that it was made, and that the
// client has to be read for the UUID. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *RelationshipService) Create(ctx context.Context, p RelationshipParams) (ClientRelationship, error) {
	const op = "Relationships.Create"
	switch {
	case !p.ClientUUID.valid() || !p.RelatedClientUUID.valid():
		return ClientRelationship{}, invalid(op, "not a client UUID")
	case strings.EqualFold(string(p.ClientUUID), string(p.RelatedClientUUID)):
		return ClientRelationship{}, invalid(op, "both clients are the same")
	case p.Type == "":
		return ClientRelationship{}, invalid(op, "the type is required")
	}
	fields := append([]field{
		{name: "ClientUUID", value: string(p.ClientUUID)}, {name: "RelatedClientUUID", value: string(p.RelatedClientUUID)}, {name: "Type", value: string(p.Type)},
	}, p.RelationshipTerms.fields()...)
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("client.api", "addrelationship"), body{"Relationship", fields})
	if err != nil {
		return ClientRelationship{}, err
	}
	return s.told(ctx, r)
}

// Update changes the terms of a relationship; its type and clients cannot change.
//
// It is repeated if need be, since it sets the same values again. That XPM leaves
// alone what is not sent is assumed. It is a PUT, as Xero documents for 3.1;
// older documentation has POST. After an error other than ErrInvalid and
// ErrNotFound the change may have been made all the same; sending it again does
// no harm. The answer is as of Create. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *RelationshipService) Update(ctx context.Context, id RelationshipUUID, t RelationshipTerms) (ClientRelationship, error) {
	const op = "Relationships.Update"
	if !validID(id) {
		return ClientRelationship{}, invalid(op, "not a relationship UUID")
	}
	fields := append([]field{{name: "UUID", value: string(id)}}, t.fields()...)
	r, err := write(op, transport.Repeatable, http.MethodPut, transport.Path("client.api", "updaterelationship"), body{"Relationship", fields})
	if err != nil {
		return ClientRelationship{}, err
	}
	return s.told(ctx, r)
}

// Delete unties two clients.
//
// It is sent at most once: what XPM says to a second deletion is not known. When
// the answer is lost that is ErrOutcomeUnknown; Get the client and look at its
// Relationships. Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/clients
func (s *RelationshipService) Delete(ctx context.Context, id RelationshipUUID) error {
	const op = "Relationships.Delete"
	if !validID(id) {
		return invalid(op, "not a relationship UUID")
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("client.api", "deleterelationship"), named("Relationship", id))
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// told sends r and returns the relationship that the answer has, if any.
func (s *RelationshipService) told(ctx context.Context, r transport.Request) (got ClientRelationship, err error) {
	err = s.c.call(ctx, r, envelope{parts: map[string]part{
		"ClientRelationship": func(a *answer, start xml.StartElement) error { return a.DecodeElement(&got, &start) },
	}})
	if err != nil {
		return ClientRelationship{}, err
	}
	return got, nil
}
