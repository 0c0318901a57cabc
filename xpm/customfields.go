package xpm

import (
	"context"
	"encoding/xml"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// CustomFieldService reads and changes the custom fields that the practice has
// defined, and the values that clients, contacts, jobs and the rest have in them.
type CustomFieldService struct{ c *Client }

// CustomFieldUUID is the key of a custom field.
type CustomFieldUUID string

// UnmarshalText reads the id as XPM sends it.
func (u *CustomFieldUUID) UnmarshalText(b []byte) error { *u = lower[CustomFieldUUID](b); return nil }

// CustomFieldType is the kind of a custom field, as people see it. There are
// more than the documentation names.
type CustomFieldType string

// The types that the documentation names.
const (
	CustomFieldTypeText         CustomFieldType = "Text"
	CustomFieldTypeDecimal      CustomFieldType = "Decimal"
	CustomFieldTypeDate         CustomFieldType = "Date"
	CustomFieldTypeDropdownList CustomFieldType = "Dropdown List"
	CustomFieldTypeValueLink    CustomFieldType = "Value Link"
)

// CustomField is the definition of a custom field.
type CustomField struct {
	UUID    CustomFieldUUID `xml:"UUID"`
	Name    string          `xml:"Name"`
	Type    CustomFieldType `xml:"Type"`
	LinkURL string          `xml:"LinkUrl"` // of a Value Link
	// Options are those of a Dropdown List, as XPM sends them: how they are set
	// apart is not published. Should they come as elements, there is one a line.
	Options     string `xml:"Options"`
	UseClient   Flag   `xml:"UseClient"`
	UseContact  Flag   `xml:"UseContact"`
	UseSupplier Flag   `xml:"UseSupplier"` // of version 3.0
	UseJob      Flag   `xml:"UseJob"`
	UseLead     Flag   `xml:"UseLead"` // of version 3.0
	UseJobTask  Flag   `xml:"UseJobTask"`
	UseJobCost  Flag   `xml:"UseJobCost"`
	UseJobTime  Flag   `xml:"UseJobTime"`
	// ValueElement is the element that carries the value of the field.
	ValueElement ValueElement `xml:"ValueElement"`
	Extra        []Element    `xml:",any"` // elements that no field takes
}

// CustomFieldParams is what Create and Update write. The flags are always sent,
// the other fields only when they are not empty.
type CustomFieldParams struct {
	Name    string          // required
	Type    CustomFieldType // required by Create
	LinkURL string          // of a Value Link
	Options string          // of a Dropdown List, in the form in which XPM sends them

	UseClient  bool
	UseContact bool
	UseJob     bool
	UseJobTask bool
	UseJobCost bool
	UseJobTime bool

	// Clear names elements that Update sends empty: "LinkUrl", "Options". That this
	// clears them is assumed.
	Clear []string
}

// fields are the elements of a request, in their documented order.
func (p CustomFieldParams) fields() []field {
	fields := []field{
		{name: "Name", value: p.Name}, {name: "Type", value: string(p.Type)},
		{name: "LinkUrl", value: p.LinkURL}, {name: "Options", value: p.Options},
	}
	for _, use := range []struct {
		name string
		yes  bool
	}{
		{"UseClient", p.UseClient}, {"UseContact", p.UseContact}, {"UseJob", p.UseJob},
		{"UseJobTask", p.UseJobTask}, {"UseJobCost", p.UseJobCost}, {"UseJobTime", p.UseJobTime},
	} {
		fields = append(fields, field{name: use.name, value: strconv.FormatBool(use.yes)})
	}
	return fields
}

const notCustomField = "not a custom field UUID"

// CustomFieldOptions narrows List.
type CustomFieldOptions struct {
	// Fields asks for these elements of each custom field only, and for the UUID. Empty
	// means all. How XPM takes it is assumed from a schema that Xero withdrew.
	Fields []string
}

// List iterates over the definitions of the custom fields.
//
// It only reads; each range over it sends the request anew. The answer comes in
// one piece and is decoded as it arrives. An error comes last, and means that
// the list is not complete. Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) List(ctx context.Context, o CustomFieldOptions) iter.Seq2[CustomField, error] {
	q := url.Values{}
	onlyFields(q, o.Fields, "UUID")
	return listOf(ctx, s.c, "CustomFields.List", transport.Path("customfield.api", "definition"), q, "CustomFieldDefinitions", "CustomFieldDefinition", readCustomField)
}

// Get returns the definition of a custom field.
//
// It only reads, and is repeated. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) Get(ctx context.Context, id CustomFieldUUID) (CustomField, error) {
	const op = "CustomFields.Get"
	if !validID(id) {
		return CustomField{}, invalid(op, notCustomField)
	}
	return change(ctx, s.c, get(op, transport.Path("customfield.api", "get", string(id)), nil), "CustomFieldDefinition", about(id, readCustomField, CustomField.uuid))
}

// Create defines a custom field and returns its UUID. That the answer has it,
// only Xero's OpenAPI says; an answer without it is no error, but an empty UUID:
// List then tells.
//
// It is sent at most once. A lost answer is ErrOutcomeUnknown: look for the name
// in List before you create it again. Without a name and a type it is ErrInvalid.
// Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) Create(ctx context.Context, p CustomFieldParams) (CustomFieldUUID, error) {
	const op = "CustomFields.Create"
	switch {
	case strings.TrimSpace(p.Name) == "" || p.Type == "":
		return "", invalid(op, "the name and the type are required")
	case len(p.Clear) > 0:
		return "", invalid(op, "nothing is there to clear yet")
	}
	return s.write(ctx, op, http.MethodPost, "add", "", p.fields())
}

// Update changes the definition of a custom field. What is left out is assumed
// to stay as it is.
//
// It is sent at most once, since nobody says what becomes of values and options
// that are in use. A lost answer is ErrOutcomeUnknown: Get tells what is there
// now. One that XPM does not know is ErrNotFound; without a name it is
// ErrInvalid. Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) Update(ctx context.Context, id CustomFieldUUID, p CustomFieldParams) error {
	const op = "CustomFields.Update"
	switch {
	case !validID(id):
		return invalid(op, notCustomField)
	case strings.TrimSpace(p.Name) == "":
		return invalid(op, "the name is required")
	}
	fields := p.fields()
	if err := emptied(op, fields, p.Clear, "Name", "Type"); err != nil {
		return err
	}
	fields = append([]field{{name: "UUID", value: string(id)}}, fields...)
	_, err := s.write(ctx, op, http.MethodPut, "update", id, fields)
	return err
}

// Delete deletes a custom field, and is assumed to delete its values with it,
// everywhere.
//
// It is sent at most once. A lost answer is ErrOutcomeUnknown: look in List
// before you delete again. One that XPM does not know is ErrNotFound.
// Scope: practicemanager.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) Delete(ctx context.Context, id CustomFieldUUID) error {
	const op = "CustomFields.Delete"
	if !validID(id) {
		return invalid(op, notCustomField)
	}
	r, err := write(op, transport.Once, http.MethodPost, transport.Path("customfield.api", "delete"), named("CustomFieldDefinition", id))
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// write sends a definition and returns the UUID that the answer has, beside the
// Status or in a definition; id if it has none.
func (s *CustomFieldService) write(ctx context.Context, op, method, path string, id CustomFieldUUID, fields []field) (CustomFieldUUID, error) {
	r, err := write(op, transport.Once, method, transport.Path("customfield.api", path), body{"CustomFieldDefinition", fields})
	if err != nil {
		return "", err
	}
	got := id
	take := func(said CustomFieldUUID) error {
		if got != "" && !strings.EqualFold(string(said), string(got)) {
			return malformed("about another custom field")
		}
		got = said
		return nil
	}
	err = s.c.call(ctx, r, envelope{parts: map[string]part{
		"UUID": func(a *answer, start xml.StartElement) error {
			said, err := element[CustomFieldUUID](a.Decoder, start)
			if err != nil {
				return err
			}
			return take(said)
		},
		"CustomFieldDefinition": func(a *answer, start xml.StartElement) error {
			said, err := readCustomField(a.Decoder, start)
			if err != nil {
				return err
			}
			return take(said.UUID)
		},
	}})
	if err != nil {
		return "", err
	}
	return got, nil
}

func (f CustomField) uuid() CustomFieldUUID { return f.UUID }

// readCustomField decodes one CustomFieldDefinition element.
func readCustomField(d *xml.Decoder, start xml.StartElement) (CustomField, error) {
	v, err := element[struct {
		CustomField
		Options Element `xml:"Options"`
	}](d, start)
	switch {
	case err != nil:
		return CustomField{}, err
	case v.UUID == "":
		return CustomField{}, malformed("a custom field without UUID")
	}
	f := v.CustomField
	f.Name, f.Options = strings.TrimSpace(f.Name), strings.TrimSpace(v.Options.Text)
	for _, option := range v.Options.Children {
		f.Options = strings.TrimSpace(f.Options + "\n" + strings.TrimSpace(option.Text))
	}
	return f, nil
}
