package offboard_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/practicekit/offboarding/offboard"
)

// schemaOf compiles the published schema, or a part of it, and takes formats
// seriously.
func schemaOf(t testing.TB, part string) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(offboard.SpecSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("spec.schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("spec.schema.json" + part)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// valid reports whether a text is JSON that the schema takes.
func valid(schema *jsonschema.Schema, text string) error {
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(document)
}

// beyondSchema are the documents of the table that only the reader refuses.
var beyondSchema = []string{"a policy twice", "a finding twice", "twice the same"}

func TestSchema_AgreesWithTheReader(t *testing.T) {
	spec, policy := schemaOf(t, ""), schemaOf(t, "#/$defs/policy")
	for name, document := range goodSpecs {
		if err := valid(spec, document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := valid(policy, policyOf(document)); err != nil {
			t.Errorf("%s, the policy: %v", name, err)
		}
	}
	for name, c := range badSpecs {
		if name == "a depth bomb" { // the validator would fall for it
			continue
		}
		if err := valid(spec, c.document); (err == nil) != slices.Contains(beyondSchema, name) {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
}

// The members of the Go types and of the schema are the same. The sample has
// every member, since none of its fields is zero.
func TestSchema_HasEveryMember(t *testing.T) {
	sample := offboard.Spec{Source: offboard.SourceXPMField, Field: "Portal", Policy: fullPolicy, Entities: []offboard.Entity{
		{Code: "A", Name: "Acme", RetainUntil: date(t, "2031-06-30"), ServiceEnded: date(t, "2024-06-30"), Note: "n"},
	}}
	for _, v := range []any{sample, sample.Entities[0], sample.Policy, sample.Policy.History, *sample.Policy.Documents.(offboard.NonCDM).Delete} {
		for f, value := range reflect.ValueOf(v).Fields() {
			if value.IsZero() {
				t.Errorf("the sample has no %s.%s", reflect.TypeOf(v), f.Name)
			}
		}
	}
	written, err := json.Marshal(sample)
	if err != nil {
		t.Fatal(err)
	}
	var value, schema any
	if json.Unmarshal(written, &value) != nil || json.Unmarshal(offboard.SpecSchema(), &schema) != nil {
		t.Fatal("no JSON")
	}
	inGo := membersOf("", value)
	inSchema := describedBy("", schema, schema)
	slices.Sort(inGo)
	slices.Sort(inSchema)
	if !slices.Equal(inGo, slices.Compact(inSchema)) {
		t.Errorf("in Go %q\nin the schema %q", inGo, inSchema)
	}
	if len(inGo) < 20 {
		t.Errorf("only %d members", len(inGo))
	}
}

// membersOf lists the paths of all members of a value; those of a list's elements
// once.
func membersOf(path string, value any) (paths []string) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			paths = append(append(paths, path+"."+name), membersOf(path+"."+name, member)...)
		}
	case []any:
		for _, element := range v {
			paths = append(paths, membersOf(path, element)...)
		}
	}
	return paths
}

// describedBy lists the paths of all members that a schema describes.
func describedBy(path string, schema, root any) (paths []string) {
	s, _ := schema.(map[string]any)
	if ref, ok := s["$ref"].(string); ok {
		defs, _ := root.(map[string]any)["$defs"].(map[string]any)
		paths = describedBy(path, defs[strings.TrimPrefix(ref, "#/$defs/")], root)
	}
	properties, _ := s["properties"].(map[string]any)
	for name, property := range properties {
		paths = append(append(paths, path+"."+name), describedBy(path+"."+name, property, root)...)
	}
	if items, ok := s["items"]; ok {
		paths = append(paths, describedBy(path, items, root)...)
	}
	return paths
}

// What a caller does to the schema it got is its own affair.
func TestSpecSchema_IsACopy(t *testing.T) {
	first := offboard.SpecSchema()
	first[0] = 'x'
	if offboard.SpecSchema()[0] != '{' {
		t.Error("the schema was changed")
	}
}
