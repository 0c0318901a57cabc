package offboard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// FuzzReadSpec reads nonsense: it never panics, every error names a field or says
// that there is no JSON object, and what is taken is valid by the schema and reads
// the same again.
func FuzzReadSpec(f *testing.F) {
	for _, document := range goodSpecs {
		f.Add([]byte(document))
	}
	for _, c := range badSpecs {
		seed(f, c.document)
	}
	schema := schemaOf(f, "")
	f.Fuzz(func(t *testing.T, data []byte) {
		spec, err := offboard.ReadSpec(bytes.NewReader(data))
		if err != nil {
			namesAField(t, data, err)
			return
		}
		if err := valid(schema, string(data)); err != nil {
			t.Errorf("the schema refuses what the reader takes: %v", err)
		}
		again(t, spec, offboard.ReadSpec)
		if err := offboard.NewPlan(spec, offboard.Systems{}).Validate(); err != nil {
			t.Errorf("it makes no plan: %v", err)
		}
		_ = spec.Validate(time.Now()) // no panic, whatever the dates are
	})
}

// FuzzReadPolicy is FuzzReadSpec for a policy by itself.
func FuzzReadPolicy(f *testing.F) {
	for _, document := range goodSpecs {
		f.Add([]byte(policyOf(document)))
	}
	for _, c := range badSpecs {
		seed(f, policyOf(c.document))
	}
	schema := schemaOf(f, "#/$defs/policy")
	f.Fuzz(func(t *testing.T, data []byte) {
		policy, err := offboard.ReadPolicy(bytes.NewReader(data))
		if err != nil {
			namesAField(t, data, err)
			return
		}
		if err := valid(schema, string(data)); err != nil {
			t.Errorf("the schema refuses what the reader takes: %v", err)
		}
		again(t, policy, offboard.ReadPolicy)
	})
}

// seed adds a document, unless it is one whose size is the point: what the fuzzer
// makes of such takes long.
func seed(f *testing.F, document string) {
	if len(document) < 4096 {
		f.Add([]byte(document))
	}
}

// namesAField wants an error that is short, and says which field it is about; one
// about the whole document is for what is no JSON object.
func namesAField(t *testing.T, data []byte, err error) {
	t.Helper()
	problem, ok := errors.AsType[*offboard.SpecError](err)
	switch {
	case !ok || problem.Problem == "":
		t.Errorf("an error of another kind: %v", err)
	case problem.Field == "" || problem.Field == "policy":
		if json.Unmarshal(data, new(map[string]json.RawMessage)) == nil && strings.TrimSpace(string(data)) != "null" &&
			!strings.Contains(problem.Problem, "UTF-8") && problem.Field != "policy" {
			t.Errorf("%v, and it is a JSON object", err)
		}
	}
	if len(err.Error()) > 2000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}
