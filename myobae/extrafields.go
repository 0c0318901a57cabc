package myobae

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"unicode"

	"github.com/practicekit/offboarding/internal/transport"
)

// ExtraField is one of the practice's own fields on a client.
type ExtraField struct {
	Name     string
	DataType string // Flag, Text, Number or Date; the set is open
	// Value is as the gateway has it: null, true or false for a Flag, else
	// text or a number.
	Value json.RawMessage
}

// IsSet reports whether the field has a value that may keep the client in
// Nimbus. Only null and false count as not set: how AE stores a Flag is not
// publicly known, so anything else, and what is not understood, is set. The
// zero ExtraField, which stands for none, is not set.
func (f ExtraField) IsSet() bool {
	switch strings.TrimSpace(string(f.Value)) {
	case "", "null", "false":
		return false
	default:
		return true
	}
}

// ClearParams says how the field is cleared, on the client as it was last seen.
type ClearParams struct {
	RowVersion   string // required: as the client was read
	ExpectedCode string // required: the gateway refuses when the UID has another code
	// Mandatory says that AE does not let the field be empty; it is then set
	// to No instead of being emptied.
	Mandatory bool
}

// ExtraFieldsService reads what Extra Fields there are, and changes them.
type ExtraFieldsService struct{ client *Client }

// Clear empties the field that keeps the client in Nimbus (R5), or has the
// gateway ask a person to.
//
// It is sent at most once: when the answer is lost, or does not show the field
// as cleared, the error is ErrOutcomeUnknown and the caller reads the client
// before anything else. Clearing a clear field is a success that changes
// nothing. The answer is whole.
// A name that stands for a tax file number or a date of birth is ErrInvalid,
// before anything is sent. A missing client or field is ErrNotFound, a field
// that is not on the gateway's allow-list ErrForbidden (FieldNotWritable), a
// mandatory one without Mandatory ErrInvalid (FieldIsMandatory), a client that
// has changed since, has another code, or whose field is being given another
// value (OperationUnderWay) ErrConflict; the name is in Error.Name.
// A gateway that does not write fields is ErrCapabilityUnavailable, one that
// refuses writes for now ErrReadOnly. Contract: ours.
func (s *ExtraFieldsService) Clear(ctx context.Context, uid ClientUID, name string, p ClearParams) (ChangeResult, error) {
	value := FieldValue{json.RawMessage("null")}
	if p.Mandatory {
		value = FlagValue(false)
	}
	return s.put(ctx, "ExtraFields.Clear", uid, name, SetParams{RowVersion: p.RowVersion, ExpectedCode: p.ExpectedCode, Value: value})
}

// SetParams says what the field is to hold, on the client as it was last seen.
type SetParams struct {
	RowVersion   string     // required: as the client was read
	ExpectedCode string     // required: the gateway refuses when the UID has another code
	Value        FieldValue // required; Clear empties a field
}

// Set gives the field a value, or has the gateway ask a person to: true in the
// field by which Nimbus is filtered brings the client back (P2).
//
// A Flag has three states: true, false and empty. FlagValue(false) is No, which
// counts as not set just as empty does (a gateway may be unable to tell the two
// apart, so either is accepted as its answer).
//
// It is sent at most once: when the answer is lost, or does not show the field
// with the value, the error is ErrOutcomeUnknown and the caller reads the client
// before anything else. Setting what is set already is a success that changes
// nothing. The answer is whole.
// A name that stands for a tax file number or a date of birth, and a missing
// value, are ErrInvalid before anything is sent; so is a value that does not fit
// the field (FieldValueInvalid). A missing client or field is ErrNotFound, a
// field that is not on the gateway's allow-list ErrForbidden (FieldNotWritable),
// a client that has changed since, has another code, or whose field is being
// given another value (OperationUnderWay) ErrConflict; the name is in
// Error.Name. A gateway that does not set fields is ErrCapabilityUnavailable,
// one that refuses writes for now ErrReadOnly. Contract: ours.
func (s *ExtraFieldsService) Set(ctx context.Context, uid ClientUID, name string, p SetParams) (ChangeResult, error) {
	const op = "ExtraFields.Set"
	if p.Value.raw == nil {
		return ChangeResult{}, invalid(op, "the value is missing or malformed")
	}
	return s.put(ctx, op, uid, name, p)
}

// put writes a value and accepts only an answer that shows it.
func (s *ExtraFieldsService) put(ctx context.Context, op string, uid ClientUID, name string, p SetParams) (ChangeResult, error) {
	r := Request{Op: op, Method: http.MethodPut, Path: transport.Path("v1", "Client", string(uid), "ExtraField", name)}
	switch {
	case strings.Trim(name, ". ") == "" || strings.ContainsFunc(name, unicode.IsControl):
		return ChangeResult{}, invalid(op, "the name of the field is empty or malformed")
	case isPersonal(name):
		return ChangeResult{}, invalid(op, "the field is a tax file number or a date of birth")
	}
	body := struct {
		RowVersion   string
		ExpectedCode string
		Value        json.RawMessage
	}{p.RowVersion, p.ExpectedCode, p.Value.raw}
	return s.client.change(ctx, r, uid, p.RowVersion, p.ExpectedCode, body, func(c ClientEntity) error {
		if f, ok := c.ExtraField(name); !ok || !p.Value.shownBy(f) {
			return errors.New("the answer does not show the field with its new value")
		}
		return nil
	})
}

// isPersonal recognises the names under which AE keeps tax file numbers
// (TFN in Australia, IRD in New Zealand) and dates of birth.
func isPersonal(name string) bool {
	name = strings.ToLower(name)
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		if word == "ird" || word == "dob" {
			return true
		}
	}
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return r
		}
		return -1
	}, name)
	for _, part := range []string{"tfn", "taxfile", "taxnumber", "irdn", "inlandrevenue", "dateofbirth", "birthdate"} {
		if strings.Contains(letters, part) {
			return true
		}
	}
	return false
}
