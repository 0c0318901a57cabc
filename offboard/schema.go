package offboard

import (
	_ "embed"
	"slices"
)

//go:embed schema/spec.schema.json
var specSchema []byte

// SpecSchema is the JSON Schema (draft 2020-12) of a specification, for editors
// and for programs that write one. The policy by itself is "#/$defs/policy" in it.
// What [ReadSpec] takes is valid by it; a schema cannot say all that ReadSpec
// refuses, and its own descriptions say what that is.
func SpecSchema() []byte { return slices.Clone(specSchema) }
