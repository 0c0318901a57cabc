package myobae

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// ClientUID identifies a client on the gateway.
type ClientUID string

// Status is whether a client is open. The set is open: a value that is not
// known here is kept as it came, and is neither open nor closed.
type Status string

const (
	StatusOpen   Status = "Open"
	StatusClosed Status = "Closed"
)

// ClientEntity is a client of the practice, as the gateway shows it. The field
// names are those of the contract.
type ClientEntity struct {
	UID         ClientUID
	Code        string // the Client Code, the key that AE and Nimbus share
	Name        string
	Type        string // Person or Organisation
	ContactType string // the practice's own word: Individual, Company, Trust, …
	IsClient    bool   // false for a contact or a supplier, which share the codes
	Status      Status
	CreatedDate string // 2006-01-02, empty when not told
	ClosedDate  string // 2006-01-02, stamped by AE; empty for an open client
	// ExtraFields are those that the gateway is allowed to show, without tax
	// file numbers and dates of birth.
	ExtraFields  []ExtraField
	RowVersion   string // opaque; a write names the one that it has seen
	LastModified time.Time
}

// ExtraField returns the field of that name, letters compared without regard to
// case. False means that the gateway does not show the field, which proves
// nothing about its value.
func (c ClientEntity) ExtraField(name string) (ExtraField, bool) {
	i := slices.IndexFunc(c.ExtraFields, func(f ExtraField) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return ExtraField{}, false
	}
	return c.ExtraFields[i], true
}

// decodeClient reads a client and insists on everything that decides: who it
// is, its status, its version, and the value of each Extra Field.
func decodeClient(body []byte) (ClientEntity, error) {
	var c ClientEntity
	if err := decode(body, &c, "UID", "Code", "IsClient", "Status", "ExtraFields", "RowVersion"); err != nil {
		return ClientEntity{}, err
	}
	if c.UID == "" || c.Code == "" || c.Status == "" || c.RowVersion == "" {
		return ClientEntity{}, errors.New("the answer has an empty UID, Code, Status or RowVersion")
	}
	seen := map[string]bool{}
	for _, f := range c.ExtraFields {
		name := strings.ToLower(f.Name)
		if name == "" || f.Value == nil || seen[name] {
			return ClientEntity{}, errors.New("the answer has an Extra Field without name or value, or twice")
		}
		seen[name] = true
	}
	c.ExtraFields = slices.DeleteFunc(c.ExtraFields, func(f ExtraField) bool { return isPersonal(f.Name) })
	return c, nil
}

// ClientsService reads and closes clients.
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
		"$filter": {"Code eq '" + strings.ReplaceAll(code, "'", "''") + "'"},
		"$top":    {"2"},
	}}
	if code == "" {
		return nil, invalid(r.Op, "the code is empty")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	var page struct {
		Items        []json.RawMessage
		NextPageLink string
	}
	if err := decode(a.Body, &page, "Items"); err != nil {
		return nil, senseless(r, a, err.Error())
	}
	if page.NextPageLink != "" && len(page.Items) < 2 {
		return nil, senseless(r, a, "the answer is incomplete")
	}
	found := make([]ClientEntity, 0, len(page.Items))
	for _, item := range page.Items {
		c, err := decodeClient(item)
		if err == nil && !strings.EqualFold(c.Code, code) {
			err = errors.New("the answer has a client of another code")
		}
		if err != nil {
			return nil, senseless(r, a, err.Error())
		}
		found = append(found, c)
	}
	return found, nil
}

// Finding is one thing that speaks against closing a client now.
type Finding struct {
	Name    string // "OpenAssignments", "WIPBalance", …; the set is open
	Message string
}

// ClosePreflight is what a careful practice looks at before it closes a client
// (P10). What AE itself demands is not publicly known, so the facts are for the
// caller to judge. A nil fact is one that the gateway cannot read.
type ClosePreflight struct {
	Blockers        []Finding // the gateway would refuse to close
	Warnings        []Finding
	WIPBalance      *string // decimal
	DebtorBalance   *string // decimal
	OpenAssignments *int
	DraftBills      *int
}

// ClosePreflight returns what speaks against closing the client now.
//
// It is a read, repeated after failures that pass; the answer is whole.
// A missing client is ErrNotFound; a gateway that cannot tell is
// ErrCapabilityUnavailable; an answer without Blockers or Warnings is
// ErrInvalid. Contract: ours.
func (s *ClientsService) ClosePreflight(ctx context.Context, uid ClientUID) (ClosePreflight, error) {
	r := Request{Op: "Clients.ClosePreflight", Effect: EffectRead, Method: http.MethodGet,
		Path: transport.Path("v1", "Client", string(uid), "ClosePreflight")}
	if !uidPattern.MatchString(string(uid)) {
		return ClosePreflight{}, invalid(r.Op, "the UID is empty or malformed")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return ClosePreflight{}, err
	}
	var p ClosePreflight
	if err := decode(a.Body, &p, "Blockers", "Warnings"); err != nil {
		return ClosePreflight{}, senseless(r, a, err.Error())
	}
	return p, nil
}

// CloseParams says which client, as it was last seen, is to be closed and why.
type CloseParams struct {
	RowVersion   string // required: as the client was read
	ExpectedCode string // required: the gateway refuses when the UID has another code
	Reason       string // kept by the gateway in its audit trail
}

// CloseResult is the client as closed, or the operation that will close it.
// Exactly one of them is set.
type CloseResult struct {
	Client    *ClientEntity
	Operation *Operation
}

// Close closes the client (R5), or has the gateway ask a person to.
//
// It is sent at most once: when the answer is lost, or does not show this
// client as closed, the error is ErrOutcomeUnknown and the caller reads the
// client before anything else. Closing a closed client is a success that
// changes nothing. The answer is whole.
// A missing client is ErrNotFound. A client that has changed since
// (IncorrectRowVersionSupplied), has another code (ExpectedCodeMismatch), is
// only a contact (NotAClient) or has something against it
// (ClientCannotBeClosed) is ErrConflict, with the name in Error.Name. A gateway
// that does not close is ErrCapabilityUnavailable, one that refuses writes for
// now ErrReadOnly. Contract: ours.
func (s *ClientsService) Close(ctx context.Context, uid ClientUID, p CloseParams) (CloseResult, error) {
	r := Request{Op: "Clients.Close", Method: http.MethodPost, Path: transport.Path("v1", "Client", string(uid), "Close")}
	client, operation, err := s.client.change(ctx, r, uid, p.RowVersion, p.ExpectedCode, p, func(c ClientEntity) error {
		if c.Status != StatusClosed {
			return errors.New("the answer does not show the client as closed")
		}
		return nil
	})
	return CloseResult{client, operation}, err
}
