package offboard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Source names where the practice keeps its clients, and so which variant of
// the procedure applies.
type Source string

const (
	SourceXPM         Source = "xpm"          // archived in Xero Practice Manager (R4), Full Client Sync (R7)
	SourceMYOBAE      Source = "myobae"       // closed in MYOB AE (R5), regular sync (R8)
	SourceMYOBAEField Source = "myobae-field" // an Extra Field is cleared in MYOB AE (R5), regular sync (R8)
	SourceNone        Source = "none"         // lives only in Nimbus and is deleted there (R6)
)

// DefaultField is the usual name of the Extra Field that filters the sync of
// MYOB AE clients to Nimbus (R5).
const DefaultField = "Nimbus Portal"

// Spec says who is off-boarded, from where, under which policy. It is plain
// JSON, and with the snapshot of each client it makes the scope that a person
// approves.
type Spec struct {
	Source Source `json:"source"`
	// Field is the Extra Field of SourceMYOBAEField; empty means DefaultField.
	Field    string   `json:"field,omitempty"`
	Entities []Entity `json:"entities"`
	Policy   Policy   `json:"policy"`
}

// SpecError says which field of a specification is wrong and what it should be.
type SpecError struct {
	Field   string
	Problem string
}

func (e *SpecError) Error() string { return e.Field + " " + e.Problem }

// Validate checks the specification by itself, without asking any system; now
// decides whether retention dates have passed. The error is a *SpecError.
func (s Spec) Validate(now time.Time) error {
	switch s.Source {
	case SourceXPM, SourceMYOBAE, SourceMYOBAEField, SourceNone:
	default:
		return &SpecError{"source", fmt.Sprintf("is %q: want xpm, myobae, myobae-field or none", s.Source)}
	}
	if field, problem := s.Policy.problem(); field != "" {
		return &SpecError{field, problem}
	}
	if len(s.Entities) == 0 {
		return &SpecError{"entities", "is empty: name at least one client"}
	}
	seen := map[string]int{}
	for i, e := range s.Entities {
		field := fmt.Sprintf("entities[%d]", i)
		key := codeKey(e.Code)
		if key == "" {
			return &SpecError{field + ".code", "is empty: every client needs its Client Code"}
		}
		if first, twice := seen[key]; twice {
			return &SpecError{field + ".code", fmt.Sprintf("%q stands at entities[%d] already", e.Code, first)}
		}
		seen[key] = i
		if problem := s.retention(e, now); problem != "" {
			return &SpecError{field + ".retainUntil", problem}
		}
	}
	return nil
}

// retention says why the entity's documents may not be destroyed for good yet,
// or "" where they may or need not be (P6, I4).
func (s Spec) retention(e Entity, now time.Time) string {
	n, ok := s.Policy.Documents.(NonCDM)
	switch {
	case !ok || n.Delete == nil || n.Delete.RecordsHeldElsewhere:
		return ""
	case e.RetainUntil.IsZero():
		return "is missing: deleting documents for good needs a retention date that has passed, or the statement that the records are held elsewhere (I4, P6)"
	case !e.RetainUntil.Passed(now):
		return fmt.Sprintf("is %s, which has not passed: the records must still be kept (I4, P6)", e.RetainUntil)
	}
	return ""
}

func (s Spec) field() string {
	if s.Field == "" {
		return DefaultField
	}
	return s.Field
}

func (s Spec) codes() []string {
	codes := make([]string, len(s.Entities))
	for i, e := range s.Entities {
		codes[i] = e.Code
	}
	return codes
}

func (s Spec) entity(code string) Entity {
	for _, e := range s.Entities {
		if e.Code == code {
			return e
		}
	}
	return Entity{}
}

// digest names a value by the hash of its JSON form.
func digest(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		// Everything hashed here is made of strings, numbers and slices.
		panic("offboard: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
