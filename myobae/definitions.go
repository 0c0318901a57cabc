package myobae

import (
	"context"
	"errors"
	"iter"
)

// ExtraFieldDefinition says what an Extra Field is, on whichever client.
type ExtraFieldDefinition struct {
	Name        string
	DataType    string // Flag, Text, Number or Date; the set is open
	IsMandatory bool   // it can be set to No but not emptied
	IsWritable  bool   // it is on the gateway's allow-list for writes
	// AppliesTo are the kinds of record that have it: Contact (which includes
	// clients), Assignment, Employee, Document. The set is open.
	AppliesTo []string
}

// decodeDefinition reads a definition and insists on what decides how the field
// may be written.
func decodeDefinition(body []byte) (ExtraFieldDefinition, error) {
	var d ExtraFieldDefinition
	if err := decode(body, &d, "Name", "DataType", "IsMandatory", "IsWritable"); err != nil {
		return ExtraFieldDefinition{}, err
	}
	if d.Name == "" || d.DataType == "" {
		return ExtraFieldDefinition{}, errors.New("the answer has an empty Name or DataType")
	}
	return d, nil
}

// Definitions iterates over the Extra Fields that the gateway may show, in the
// order of their names and without tax file numbers and dates of birth.
//
// It is a read, repeated page by page after failures that pass; it is lazy,
// starts anew each time it is ranged over, and ends after the first error. A
// gateway that cannot tell is ErrCapabilityUnavailable; a definition without
// Name, DataType, IsMandatory or IsWritable is ErrInvalid. Contract: ours.
func (s *ExtraFieldsService) Definitions(ctx context.Context) iter.Seq2[ExtraFieldDefinition, error] {
	all := pages(ctx, s.client, "ExtraFields.Definitions", "v1/ExtraFieldDefinition", nil, decodeDefinition,
		func(d ExtraFieldDefinition) string { return fold(d.Name) })
	return func(yield func(ExtraFieldDefinition, error) bool) {
		for d, err := range all {
			if err == nil && isPersonal(d.Name) {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}
