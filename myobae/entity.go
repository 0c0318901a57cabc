package myobae

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
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
	// FamilyGroup is nil when the client is in none, or the gateway does not tell.
	FamilyGroup *FamilyGroup
	// Responsibilities are who looks after the client, and in which role.
	Responsibilities []Responsibility
	// ExtraFields are those that the gateway is allowed to show, without tax
	// file numbers and dates of birth.
	ExtraFields []ExtraField
	// ExtraLists are the practice's own pick-lists, those the gateway may show.
	ExtraLists   []ExtraList
	RowVersion   string // opaque; a write names the one that it has seen
	LastModified time.Time
}

// FamilyGroup is a group of clients and contacts.
type FamilyGroup struct {
	Code string
	Name string
}

// Responsibility is one employee's part in a client.
type Responsibility struct {
	Role         string // Partner, Manager, …; the practice's own word
	EmployeeCode string
}

// ExtraList is one of the practice's own pick-lists, with what was picked.
type ExtraList struct {
	Name          string
	AllowMultiple bool
	Values        []json.RawMessage // text, numbers or booleans; empty when nothing was picked
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
		name := fold(f.Name)
		if name == "" || f.Value == nil || seen[name] {
			return ClientEntity{}, errors.New("the answer has an Extra Field without name or value, or twice")
		}
		seen[name] = true
	}
	c.ExtraFields = slices.DeleteFunc(c.ExtraFields, func(f ExtraField) bool { return isPersonal(f.Name) })
	c.ExtraLists = slices.DeleteFunc(c.ExtraLists, func(l ExtraList) bool { return isPersonal(l.Name) })
	return c, nil
}
