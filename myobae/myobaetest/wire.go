package myobaetest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// clientWire is a client as the contract shows it.
type clientWire struct {
	UID          myobae.ClientUID
	Code         string
	Name         string
	Type         string
	ContactType  string
	IsClient     bool
	Status       myobae.Status
	CreatedDate  *string
	ClosedDate   *string
	ExtraFields  []fieldWire
	LastModified time.Time
	RowVersion   string
}

type fieldWire struct {
	Name     string
	DataType string
	Value    any
}

func (g *Gateway) wire(c *Client) clientWire {
	names := g.cfg.ExtraFieldNames
	if names == nil {
		names = slices.Sorted(maps.Keys(c.ExtraFields))
	}
	fields := []fieldWire{}
	for _, name := range names {
		f := fieldWire{Name: name, DataType: "Flag", Value: c.ExtraFields[c.fieldName(name)]}
		if known := g.dataTypes[strings.ToLower(name)]; known != "" {
			f.DataType = known
		}
		fields = append(fields, f)
	}
	return clientWire{
		UID: c.UID, Code: c.Code, Name: c.Name, Type: c.Type, ContactType: c.ContactType,
		IsClient: !c.NotAClient, Status: c.Status,
		CreatedDate: date(c.CreatedDate), ClosedDate: date(c.ClosedDate),
		ExtraFields: fields, LastModified: c.LastModified, RowVersion: c.RowVersion,
	}
}

// date is null on the wire when there is none.
func date(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
