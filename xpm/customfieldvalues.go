package xpm

import (
	"context"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/paginate"
	"github.com/practicekit/offboarding/internal/transport"
)

// ValueElement is the element that carries the value of a custom field.
type ValueElement string

// The elements that carry values.
const (
	ValueElementDate    ValueElement = "Date"
	ValueElementNumber  ValueElement = "Number"
	ValueElementDecimal ValueElement = "Decimal"
	ValueElementBoolean ValueElement = "Boolean"
	ValueElementText    ValueElement = "Text"
)

// CustomFieldValue is what a client, a contact, a job, a task, a cost or a time
// has in a custom field. TextValue and its like make those to write; one that
// was read can be written too, unless it has a form that XPM does not take, such
// as a decimal in the form of a country.
type CustomFieldValue struct {
	UUID    CustomFieldUUID // of the custom field
	Name    string          // of the custom field; not written
	Element ValueElement    // which element carries the value; empty if none that is known does
	Value   string          // as XPM sent it; empty to clear the field
	Extra   []Element       // elements that no field takes; not written
}

// TextValue puts a text into a field; an empty one clears it.
func TextValue(field CustomFieldUUID, text string) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: ValueElementText, Value: text}
}

// NumberValue puts a whole number into a field.
func NumberValue(field CustomFieldUUID, n int64) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: ValueElementNumber, Value: strconv.FormatInt(n, 10)}
}

// DecimalValue puts a decimal into a field; an empty one clears it.
func DecimalValue(field CustomFieldUUID, d Decimal) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: ValueElementDecimal, Value: string(d)}
}

// BooleanValue puts a yes or a no into a field.
func BooleanValue(field CustomFieldUUID, yes bool) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: ValueElementBoolean, Value: strconv.FormatBool(yes)}
}

// DateValue puts a day into a field, as it is in its own location; the zero time
// clears it.
func DateValue(field CustomFieldUUID, day time.Time) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: ValueElementDate, Value: compactDate(day)}
}

// NoValue clears a field, whose values the element carries. One of yes or no
// cannot be cleared; it is set to no.
func NoValue(field CustomFieldUUID, element ValueElement) CustomFieldValue {
	return CustomFieldValue{UUID: field, Element: element}
}

// Bool reports whether the value is a yes. XPM leaves a checkbox that is not
// ticked out of its answers.
func (v CustomFieldValue) Bool() bool {
	return v.Element == ValueElementBoolean && strings.EqualFold(v.Value, "true")
}

// Date is the value of a date, and the zero DateTime for any other.
func (v CustomFieldValue) Date() (d DateTime) {
	if v.Element == ValueElementDate {
		_ = d.UnmarshalText([]byte(v.Value))
	}
	return d
}

// GetClientValues returns the values of a client's custom fields. XPM leaves out
// fields without a value: a checkbox that is not there is not ticked.
//
// It only reads, is repeated, and returns the answer whole. It costs a call a
// client, and no list has these values. A client that XPM does not know is
// ErrNotFound. Scope: practicemanager.client.read.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) GetClientValues(ctx context.Context, id ClientUUID) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetClientValues", validID(id), "client.api", "get", string(id))
}

// GetContactValues is GetClientValues for a contact.
// Scope: practicemanager.client.read.
func (s *CustomFieldService) GetContactValues(ctx context.Context, id ContactUUID) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetContactValues", validID(id), "client.api", "contact", string(id))
}

// GetJobValues is GetClientValues for a job. Scope: practicemanager.job.read.
func (s *CustomFieldService) GetJobValues(ctx context.Context, job JobNumber) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetJobValues", validNumber(job), "job.api", "get", string(job))
}

// GetJobTaskValues is GetClientValues for a task of a job.
// Scope: practicemanager.job.read.
func (s *CustomFieldService) GetJobTaskValues(ctx context.Context, id JobTaskUUID) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetJobTaskValues", validID(id), "job.api", "task", string(id))
}

// GetJobCostValues is GetClientValues for a cost of a job.
// Scope: practicemanager.job.read.
func (s *CustomFieldService) GetJobCostValues(ctx context.Context, id JobCostUUID) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetJobCostValues", validID(id), "job.api", "cost", string(id))
}

// GetTimeValues is GetClientValues for a time sheet entry.
// Scope: practicemanager.time.read.
func (s *CustomFieldService) GetTimeValues(ctx context.Context, id TimeUUID) ([]CustomFieldValue, error) {
	return s.values(ctx, "CustomFields.GetTimeValues", validID(id), "time.api", "get", string(id))
}

// UpdateClientValues sets values of a client's custom fields, or clears them.
// Fields that are not named stay as they are.
//
// It may be sent again: each field is set to a value of its own, so setting it
// twice is assumed to be the same as once. A value that is not of the form of its
// element is ErrInvalid and not sent, as is no value, or two for one field. A
// client or field that XPM does not know is ErrNotFound.
// Scope: practicemanager.client.
// https://developer.xero.com/documentation/api/practice-manager-3-1/custom-fields
func (s *CustomFieldService) UpdateClientValues(ctx context.Context, id ClientUUID, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateClientValues", values, validID(id), "client.api", "update", string(id))
}

// UpdateContactValues is UpdateClientValues for a contact.
// Scope: practicemanager.client.
func (s *CustomFieldService) UpdateContactValues(ctx context.Context, id ContactUUID, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateContactValues", values, validID(id), "client.api", "contact", string(id))
}

// UpdateJobValues is UpdateClientValues for a job. Scope: practicemanager.job.
func (s *CustomFieldService) UpdateJobValues(ctx context.Context, job JobNumber, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateJobValues", values, validNumber(job), "job.api", "update", string(job))
}

// UpdateJobTaskValues is UpdateClientValues for a task of a job.
// Scope: practicemanager.job.
func (s *CustomFieldService) UpdateJobTaskValues(ctx context.Context, id JobTaskUUID, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateJobTaskValues", values, validID(id), "job.api", "task", string(id))
}

// UpdateJobCostValues is UpdateClientValues for a cost of a job.
// Scope: practicemanager.job.
func (s *CustomFieldService) UpdateJobCostValues(ctx context.Context, id JobCostUUID, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateJobCostValues", values, validID(id), "job.api", "cost", string(id))
}

// UpdateTimeValues is UpdateClientValues for a time sheet entry.
// Scope: practicemanager.time.
func (s *CustomFieldService) UpdateTimeValues(ctx context.Context, id TimeUUID, values ...CustomFieldValue) error {
	return s.update(ctx, "CustomFields.UpdateTimeValues", values, validID(id), "time.api", "update", string(id))
}

func (s *CustomFieldService) values(ctx context.Context, op string, ok bool, path ...string) ([]CustomFieldValue, error) {
	if !ok {
		return nil, invalid(op, "not an id")
	}
	return paginate.Collect(listOf(ctx, s.c, op, transport.Path(append(path, "customfield")...), nil, "CustomFields", "CustomField", readCustomFieldValue))
}

// customFieldValue is a value on the wire; the element has the name of its kind.
type customFieldValue struct {
	XMLName xml.Name
	Text    string `xml:",chardata"`
}

func (s *CustomFieldService) update(ctx context.Context, op string, values []CustomFieldValue, ok bool, path ...string) error {
	switch {
	case !ok:
		return invalid(op, "not an id")
	case len(values) == 0:
		return invalid(op, "no values")
	}
	type field struct {
		UUID  CustomFieldUUID `xml:"UUID"`
		Value customFieldValue
	}
	body := struct {
		XMLName xml.Name `xml:"CustomFields"`
		Fields  []field  `xml:"CustomField"`
	}{}
	seen := map[string]bool{}
	for _, v := range values {
		text, ok := v.wire()
		key := strings.ToLower(string(v.UUID))
		switch {
		case !validID(v.UUID):
			return invalid(op, notCustomField)
		case seen[key]:
			return invalid(op, "two values for one field")
		case !ok:
			return invalid(op, "a value that is not of the form of its element")
		}
		seen[key] = true
		body.Fields = append(body.Fields, field{v.UUID, customFieldValue{xml.Name{Local: string(v.Element)}, text}})
	}
	r, err := write(op, transport.Repeatable, http.MethodPut, transport.Path(append(path, "customfield")...), body)
	if err != nil {
		return err
	}
	return act(ctx, s.c, r)
}

// wire is the value as XPM wants it, and whether it has the form of its element.
func (v CustomFieldValue) wire() (string, bool) {
	switch text := strings.TrimSpace(v.Value); v.Element {
	case ValueElementText:
		return v.Value, true
	case ValueElementBoolean:
		text = strings.ToLower(text)
		return text, text == "true" || text == "false"
	case ValueElementNumber:
		if whole, zeros, _ := strings.Cut(text, "."); strings.Trim(zeros, "0") == "" {
			text = whole // Xero's OpenAPI has it as a decimal in answers
		}
		_, err := strconv.ParseInt(text, 10, 64)
		return text, text == "" || err == nil
	case ValueElementDecimal:
		return text, text == "" || isDecimal(text)
	case ValueElementDate:
		d := v.Date()
		return compactDate(d.Time), text == "" || !d.Time.IsZero()
	}
	return "", false
}

// isDecimal reports whether text is digits with at most one point among them,
// and perhaps a minus before them.
func isDecimal(text string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	return whole != "" && (fraction != "" || !point) && strings.Trim(whole+fraction, "0123456789") == ""
}

// readCustomFieldValue decodes one CustomField element.
func readCustomFieldValue(d *xml.Decoder, start xml.StartElement) (CustomFieldValue, error) {
	got, err := element[struct {
		UUID    CustomFieldUUID   `xml:"UUID"`
		Name    string            `xml:"Name"`
		Date    *customFieldValue `xml:"Date"`
		Number  *customFieldValue `xml:"Number"`
		Decimal *customFieldValue `xml:"Decimal"`
		Boolean *customFieldValue `xml:"Boolean"`
		Text    *customFieldValue `xml:"Text"`
		Extra   []Element         `xml:",any"`
	}](d, start)
	if err != nil {
		return CustomFieldValue{}, err
	}
	if got.UUID == "" {
		return CustomFieldValue{}, malformed("a custom field without UUID")
	}
	v := CustomFieldValue{UUID: got.UUID, Name: strings.TrimSpace(got.Name), Extra: got.Extra}
	for _, value := range []*customFieldValue{got.Date, got.Number, got.Decimal, got.Boolean, got.Text} {
		switch {
		case value == nil:
			continue
		case v.Element != "":
			return CustomFieldValue{}, malformed("a custom field with two values")
		}
		v.Element, v.Value = ValueElement(value.XMLName.Local), value.Text
		if v.Element != ValueElementText {
			v.Value = strings.TrimSpace(v.Value)
		}
	}
	return v, nil
}
