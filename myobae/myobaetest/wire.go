package myobaetest

import (
	"maps"
	"slices"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// clientWire is a client as the contract shows it.
type clientWire struct {
	UID              myobae.ClientUID
	Code             string
	Name             string
	Type             string
	ContactType      string
	IsClient         bool
	Status           myobae.Status
	CreatedDate      *string
	ClosedDate       *string
	FamilyGroup      *myobae.FamilyGroup
	Responsibilities []myobae.Responsibility
	ExtraFields      []fieldWire
	ExtraLists       []ExtraList
	LastModified     time.Time
	RowVersion       string
}

type fieldWire struct {
	Name     string
	DataType string
	Value    any
}

type definitionWire struct {
	Name        string
	DataType    string
	IsMandatory bool
	IsWritable  bool
	AppliesTo   []string
}

type operationWire struct {
	UID     myobae.OperationUID
	State   myobae.OperationState
	Name    *string
	Message *string
}

type errorsWire struct {
	Errors      []errorWire
	Information string
}

type errorWire struct {
	Name              string
	Message           string
	AdditionalDetails string
	ErrorCode         any
	Severity          string
	LearnMore         *string
}

func (g *Gateway) wire(c *Client) clientWire {
	names := g.cfg.ExtraFieldNames
	if names == nil {
		names = slices.Sorted(maps.Keys(c.ExtraFields))
	}
	fields := []fieldWire{}
	for _, name := range names {
		fields = append(fields, fieldWire{Name: name, DataType: g.dataType(name), Value: c.ExtraFields[c.fieldName(name)]})
	}
	lists := []ExtraList{}
	for _, l := range c.ExtraLists {
		l.Values = append([]string{}, l.Values...)
		lists = append(lists, l)
	}
	return clientWire{
		UID: c.UID, Code: c.Code, Name: c.Name, Type: c.Type, ContactType: c.ContactType,
		IsClient: !c.NotAClient, Status: c.Status,
		CreatedDate: orNull(c.CreatedDate), ClosedDate: orNull(c.ClosedDate),
		FamilyGroup: c.FamilyGroup, Responsibilities: append([]myobae.Responsibility{}, c.Responsibilities...),
		ExtraFields: fields, ExtraLists: lists, LastModified: c.LastModified, RowVersion: c.RowVersion,
	}
}

func wireOperation(o myobae.Operation) operationWire {
	return operationWire{UID: o.UID, State: o.State, Name: orNull(o.Name), Message: orNull(o.Message)}
}

// orNull is null on the wire when there is nothing.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
