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

// ExtraFieldResult is the client with the field cleared, or the operation that
// will clear it. Exactly one of them is set.
type ExtraFieldResult struct {
	Client    *ClientEntity
	Operation *Operation
}

// ExtraFieldsService changes Extra Fields.
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
// has changed since or has another code ErrConflict; the name is in Error.Name.
// A gateway that does not write fields is ErrCapabilityUnavailable, one that
// refuses writes for now ErrReadOnly. Contract: ours.
func (s *ExtraFieldsService) Clear(ctx context.Context, uid ClientUID, name string, p ClearParams) (ExtraFieldResult, error) {
	r := Request{Op: "ExtraFields.Clear", Method: http.MethodPut, Path: transport.Path("v1", "Client", string(uid), "ExtraField", name)}
	switch {
	case strings.Trim(name, ". ") == "" || strings.ContainsFunc(name, unicode.IsControl):
		return ExtraFieldResult{}, invalid(r.Op, "the name of the field is empty or malformed")
	case isPersonal(name):
		return ExtraFieldResult{}, invalid(r.Op, "the field is a tax file number or a date of birth")
	}
	body := struct {
		RowVersion   string
		ExpectedCode string
		Value        *bool
	}{RowVersion: p.RowVersion, ExpectedCode: p.ExpectedCode}
	if p.Mandatory {
		body.Value = new(bool)
	}
	client, operation, err := s.client.change(ctx, r, uid, p.RowVersion, p.ExpectedCode, body, func(c ClientEntity) error {
		if f, ok := c.ExtraField(name); !ok || f.IsSet() {
			return errors.New("the answer does not show the field as cleared")
		}
		return nil
	})
	return ExtraFieldResult{client, operation}, err
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
