package offboardtest

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
	"github.com/practicekit/offboarding/nimbus"
)

// WorldError says which field of a world makes no sense, and what it should be.
type WorldError struct {
	// Field is the path to it, such as "clients[2].nimbus.documents[0].path"; empty
	// where what was read is no JSON object.
	Field   string
	Problem string
}

func (e *WorldError) Error() string {
	if e.Field == "" {
		return "the world " + e.Problem
	}
	return e.Field + " " + e.Problem
}

const (
	maxWorld = 64 << 20 // bytes of a world
	maxCount = 1_000_000
)

// ReadWorld reads a world from JSON. A field that a world does not have, one that
// stands twice, a null, a value of another type, and one that makes no sense are
// a *WorldError that names the field.
func ReadWorld(r io.Reader) (World, error) {
	var w World
	err := strictjson.Read(r, &w, strictjson.Options{MaxBytes: maxWorld})
	if wrong, ok := errors.AsType[*strictjson.Error](err); ok {
		return World{}, &WorldError{wrong.Path, wrong.Problem}
	}
	if err != nil {
		return World{}, fmt.Errorf("the world cannot be read: %w", err)
	}
	return w, w.Validate()
}

// Validate names the first field of the world that makes no sense. The error is
// a *WorldError.
func (w World) Validate() error {
	field, problem := w.problem()
	if problem == "" {
		return nil
	}
	return &WorldError{field, problem}
}

func (w World) problem() (field, problem string) {
	switch w.Edition {
	case nimbus.EditionUnknown, nimbus.EditionCDM, nimbus.EditionNonCDM:
	default:
		return "edition", fmt.Sprintf(`is %s: want "cdm" or "non-cdm"`, strictjson.Quote(string(w.Edition)))
	}
	for i, c := range w.Capabilities {
		if !slices.Contains(nimbus.Capabilities(), c) {
			return fmt.Sprintf("capabilities[%d]", i), "is " + strictjson.Quote(string(c)) + ", which nimbus/openapi.yaml does not name"
		}
	}
	if w.Sync.Fail < 0 || w.Sync.Fail > 1 {
		return "sync.fail", fmt.Sprintf("is %d: want 0 or 1", w.Sync.Fail)
	}
	onGrid, inXPM := map[string]bool{}, map[string]bool{}
	for _, c := range w.Clients {
		inXPM[c.Code] = inXPM[c.Code] || c.XPM != nil
	}
	kinds := map[string]string{}
	for i, c := range w.Clients {
		if field, problem := c.problem(inXPM, kinds); problem != "" {
			return fmt.Sprintf("clients[%d].%s", i, field), problem
		}
		onGrid[c.Code] = onGrid[c.Code] || c.Nimbus != nil
	}
	for i, c := range w.Contacts {
		for j, code := range c.Clients {
			if !onGrid[code] {
				return fmt.Sprintf("contacts[%d].clients[%d]", i, j), "is " + strictjson.Quote(code) + ", which no client with a nimbus part has as its code"
			}
		}
	}
	return "", ""
}

// problem looks at one client. The kinds are those of the custom fields so far.
func (c Client) problem(inXPM map[string]bool, kinds map[string]string) (field, problem string) {
	const missing = "is missing or empty"
	if strings.TrimSpace(c.Code) == "" {
		return "code", missing
	}
	if strings.TrimSpace(c.Name) == "" {
		return "name", missing
	}
	if c.XPM != nil {
		if field, problem := c.XPM.problem(c.Code, inXPM); problem != "" {
			return "xpm." + field, problem
		}
		if field, problem := c.XPM.fieldProblem(kinds); problem != "" {
			return "xpm." + field, problem
		}
	}
	if c.MYOBAE != nil {
		for _, name := range slices.Sorted(maps.Keys(c.MYOBAE.ExtraFields)) {
			switch c.MYOBAE.ExtraFields[name].(type) {
			case map[string]any, []any:
				return "myobae.extraFields[" + strictjson.Quote(name) + "]", "is an object or a list: want true, false, text, a number or null"
			}
		}
	}
	if c.Nimbus == nil {
		return "", ""
	}
	field, problem = c.Nimbus.problem()
	return "nimbus." + field, problem
}

func (x XPMClient) problem(code string, inXPM map[string]bool) (field, problem string) {
	for _, count := range []struct {
		field string
		n     int
	}{{"openJobs", x.OpenJobs}, {"unbilledMinutes", x.UnbilledMinutes}, {"draftInvoices", x.DraftInvoices}, {"unpaidInvoices", x.UnpaidInvoices}} {
		if problem := countable(count.n); problem != "" {
			return count.field, problem
		}
	}
	if x.UnbilledMinutes > 0 && x.OpenJobs == 0 {
		return "unbilledMinutes", "has no open job that the time could stand on: set openJobs"
	}
	for i, name := range x.Groups {
		if strings.TrimSpace(name) == "" {
			return fmt.Sprintf("groups[%d]", i), "is empty"
		}
	}
	for i, other := range x.Relationships {
		if other == code || !inXPM[other] {
			return fmt.Sprintf("relationships[%d]", i), "is " + strictjson.Quote(other) + ", which no other client with an xpm part has as its code"
		}
	}
	return "", ""
}

// fieldProblem looks at the custom fields.
func (x XPMClient) fieldProblem(kinds map[string]string) (field, problem string) {
	for _, name := range slices.Sorted(maps.Keys(x.Fields)) {
		kind := fmt.Sprintf("%T", x.Fields[name])
		field := "fields[" + strictjson.Quote(name) + "]"
		switch {
		case strings.TrimSpace(name) == "":
			return field, "has no name"
		case kind != "bool" && kind != "string":
			return field, "is neither true, false nor text"
		case kinds[name] != "" && kinds[name] != kind:
			return field, "is of another kind than with a client before: want true or false with all, or text with all"
		}
		kinds[name] = kind
	}
	return "", ""
}

func (n NimbusClient) problem() (field, problem string) {
	if problem := countable(n.HistoryRows); problem != "" {
		return "historyRows", problem
	}
	for i, d := range n.Documents {
		top, _, _ := strings.Cut(d.Path, "/")
		if d.Path != "" && !slices.Contains([]string{nimbus.PathCurrent, nimbus.PathToClient, nimbus.PathFromClient}, top) {
			return fmt.Sprintf("documents[%d].path", i), fmt.Sprintf("is %s: want %s, %s or %s, or one below it",
				strictjson.Quote(d.Path), nimbus.PathCurrent, nimbus.PathToClient, nimbus.PathFromClient)
		}
	}
	for i, j := range n.EmailJobs {
		if problem := countable(j.DocumentsForSignature); problem != "" {
			return fmt.Sprintf("emailJobs[%d].documentsForSignature", i), problem
		}
		if problem := countable(j.OutstandingSignatures); problem != "" {
			return fmt.Sprintf("emailJobs[%d].outstandingSignatures", i), problem
		}
	}
	return "", ""
}

// countable refuses a number of things that cannot be, or that nobody wants to
// wait for.
func countable(n int) string {
	if n < 0 || n > maxCount {
		return fmt.Sprintf("is %d: want 0 to %d", n, maxCount)
	}
	return ""
}
