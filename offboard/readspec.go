package offboard

import (
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/practicekit/offboarding/internal/strictjson"
)

const (
	maxSpec   = 64 << 20 // bytes of a specification
	maxPolicy = 1 << 20  // bytes of a policy
)

// ReadSpec reads a specification from JSON of 64 MiB at most; [SpecSchema]
// describes it. It is read strictly: a member that there is not, one that stands
// twice, a null, a value of another type or text behind the end is an error. So is
// all that Validate finds, but for retention dates, which depend on the day. The
// error is a *SpecError that names the field, or one of reading r.
func ReadSpec(r io.Reader) (Spec, error) {
	var s Spec
	err := strictjson.Read(r, &s, strictjson.Options{MaxBytes: maxSpec, Forms: specForms()})
	if err != nil {
		return Spec{}, specError(err)
	}
	if field, problem := s.problem(); problem != "" {
		return Spec{}, &SpecError{field, problem}
	}
	return s, nil
}

// specForms are the types of a specification that read their JSON by themselves.
func specForms() map[reflect.Type]reflect.Type {
	return map[reflect.Type]reflect.Type{reflect.TypeFor[Policy](): reflect.TypeFor[policyJSON]()}
}

// ReadPolicy reads a policy by itself from JSON of 1 MiB at most, as strictly as
// ReadSpec reads a specification, of which it is the member "policy".
func ReadPolicy(r io.Reader) (Policy, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxPolicy+1))
	if err != nil {
		return Policy{}, fmt.Errorf("the policy cannot be read: %w", err)
	}
	if len(data) > maxPolicy {
		return Policy{}, &SpecError{"policy", fmt.Sprintf("is larger than %d bytes", maxPolicy)}
	}
	var p Policy
	if err := p.UnmarshalJSON(data); err != nil {
		return Policy{}, err
	}
	if field, problem := p.problem(); problem != "" {
		return Policy{}, &SpecError{field, problem}
	}
	return p, nil
}

// specError is what reading found, as a *SpecError where it is about the document.
func specError(err error) error {
	if wrong, ok := errors.AsType[*strictjson.Error](err); ok {
		return &SpecError{wrong.Path, wrong.Problem}
	}
	if _, ok := errors.AsType[*SpecError](err); ok {
		return err
	}
	return fmt.Errorf("the specification cannot be read: %w", err)
}
