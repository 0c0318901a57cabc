package offboard

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// Source names where the practice keeps its clients, and so which variant of
// the procedure applies.
type Source string

const (
	// SourceXPM archives in Xero Practice Manager (R4) and runs a Full Client Sync
	// (R7). Bystanders are those that are archived or deleted there (I12); in a
	// practice whose sync also filters by a custom field, nothing of this tells of
	// clients whose field is empty.
	SourceXPM Source = "xpm"
	// SourceXPMField clears only the custom field in Xero Practice Manager by which
	// Nimbus filters its clients; the client stays active there (R4a, assumed). Full
	// Client Sync (R7).
	SourceXPMField    Source = "xpm-field"
	SourceMYOBAE      Source = "myobae"       // closed in MYOB AE (R5), regular sync (R8)
	SourceMYOBAEField Source = "myobae-field" // an Extra Field is cleared in MYOB AE (R5), regular sync (R8)
	SourceNone        Source = "none"         // lives only in Nimbus and is deleted there (R6)
)

// isXPM reports whether XPM keeps the clients.
func (s Source) isXPM() bool { return s == SourceXPM || s == SourceXPMField }

// DefaultField is the usual name of the Extra Field that filters the sync of
// MYOB AE clients to Nimbus (R5), and is assumed for the custom field of XPM (R4a).
const DefaultField = "Nimbus Portal"

// Spec says who is off-boarded, from where, under which policy. It is plain
// JSON, and with the snapshot of each client it makes the scope that a person
// approves.
type Spec struct {
	Source Source `json:"source"`
	// Field is the Extra Field of SourceMYOBAEField, or the custom field of
	// SourceXPMField; empty means DefaultField.
	Field    string   `json:"field,omitempty"`
	Entities []Entity `json:"entities"`
	Policy   Policy   `json:"policy"`
}

// SpecError says which field of a specification is wrong and what it should be.
type SpecError struct {
	// Field is the path to it, such as "entities[3].retainUntil". In a policy that
	// is read by itself it begins with "policy" too, and in a plan with "spec" where
	// it is about the specification. It is empty where what was read is no JSON
	// object.
	Field   string
	Problem string
}

func (e *SpecError) Error() string {
	if e.Field == "" {
		return "the document " + e.Problem
	}
	return e.Field + " " + e.Problem
}

// Validate checks the specification by itself, without asking any system; now
// decides whether retention dates have passed. The error is a *SpecError.
func (s Spec) Validate(now time.Time) error {
	if field, problem := s.problem(); problem != "" {
		return &SpecError{field, problem}
	}
	for i, e := range s.Entities {
		if field, problem := s.retention(e, now); problem != "" {
			return &SpecError{fmt.Sprintf("entities[%d].%s", i, field), problem}
		}
	}
	return nil
}

// problem says what is wrong with the specification on any day, with the field.
func (s Spec) problem() (field, problem string) {
	if problem := noneOf(s.Source, SourceXPM, SourceXPMField, SourceMYOBAE, SourceMYOBAEField, SourceNone); problem != "" {
		return "source", problem
	}
	if field, problem := s.Policy.problem(); problem != "" {
		return field, problem
	}
	if s.Policy.History.XPMCopy && !s.Source.isXPM() {
		return "policy.history.xpmCopy", fmt.Sprintf("is true, and the source is %s: only a client that XPM keeps has documents there", s.Source)
	}
	if hasControl(s.Field) {
		return "field", "has a control character"
	}
	if len(s.Entities) == 0 {
		return "entities", "is missing or empty: name at least one client"
	}
	seen := map[string]int{}
	for i, e := range s.Entities {
		key := codeKey(e.Code)
		field := fmt.Sprintf("entities[%d].", i)
		switch first, twice := seen[key]; {
		case key == "":
			return field + "code", "is missing or empty: every client needs its Client Code"
		case hasControl(e.Code):
			return field + "code", "has a control character"
		case hasControl(e.Name):
			return field + "name", "has a control character"
		case twice:
			return field + "code", fmt.Sprintf("is %s, which stands at entities[%d] already", strictjson.Quote(e.Code), first)
		}
		seen[key] = i
	}
	return "", ""
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// retention says why the entity's documents may not be destroyed for good yet,
// or "" where they may or need not be (P6, I4).
func (s Spec) retention(e Entity, now time.Time) (field, problem string) {
	n, ok := s.Policy.Documents.(NonCDM)
	last := e.Earliest(s.Policy)
	switch {
	case !ok || n.Delete == nil || n.Delete.RecordsHeldElsewhere || last.Passed(now):
		return "", ""
	case last.IsZero():
		return "retainUntil", "is missing, and so is serviceEnded: deleting documents for good needs a retention date that has passed, or the statement that the records are held elsewhere (I4, P6)"
	case e.RetainUntil.IsZero():
		return "serviceEnded", fmt.Sprintf("is %s, so with %d years the records must be kept until %s, which has not passed (I4, P6)", e.ServiceEnded, s.Policy.retainYears(), last)
	}
	return "retainUntil", fmt.Sprintf("is %s, which has not passed: the records must still be kept (I4, P6)", e.RetainUntil)
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
	return hexSHA256(data)
}

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
