package offboard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// fullPolicy has every member that a policy can have.
var fullPolicy = offboard.Policy{
	Documents:   offboard.NonCDM{Delete: &offboard.Permanent{Reason: "left the country", RecordsHeldElsewhere: true}},
	Contacts:    offboard.ContactsRevoke,
	Signatures:  offboard.SignaturesSuspend,
	History:     offboard.HistoryPolicy{Name: "{code} {date} {digest}.csv", Path: "Current/Off-boarding", XPMCopy: true},
	RetainYears: 5,
	Findings:    everyFinding(),
}

// everyFinding has all of the findings that there are: an error about one that
// there is not names them.
func everyFinding() map[offboard.FindingName]offboard.Severity {
	_, err := offboard.ReadPolicy(strings.NewReader(policyWith(`"findings":{"":"stop"}`)))
	problem, _ := errors.AsType[*offboard.SpecError](err)
	_, names, _ := strings.Cut(problem.Problem, "want one of ")
	all := map[offboard.FindingName]offboard.Severity{}
	for name := range strings.SplitSeq(names, ", ") {
		all[offboard.FindingName(name)] = offboard.SeverityStop
	}
	return all
}

// specWith is a specification with this policy and these entities, as JSON.
func specWith(policy, entities string) string {
	return `{"source":"xpm","policy":` + policy + `,"entities":` + entities + `}`
}

const keep = `{"documents":{"edition":"cdm","folder":"keep"}}`

// policyWith is a policy with one member more.
func policyWith(member string) string {
	return `{"documents":{"edition":"cdm","folder":"keep"},` + member + `}`
}

var goodSpecs = map[string]string{
	"the shortest":       specWith(keep, `[{"code":"A"}]`),
	"archived":           specWith(`{"documents":{"edition":"cdm","folder":"archive"},"contacts":"delete","signatures":"delete"}`, `[{"code":"A"},{"code":"B"}]`),
	"kept without CDM":   specWith(`{"documents":{"edition":"non-cdm","folder":"keep"}}`, `[{"code":"A"}]`),
	"deleted for good":   specWith(`{"documents":{"edition":"non-cdm","folder":"delete","permanent":{"reason":"over","recordsHeldElsewhere":true}}}`, `[{"code":"A"}]`),
	"dates":              specWith(keep, `[{"code":"A","retainUntil":"2031-06-30","serviceEnded":"2024-06-30","name":"","note":"two\nlines"}]`),
	"no dates":           specWith(keep, `[{"code":"A","retainUntil":"","serviceEnded":""}]`),
	"nothing chosen":     specWith(policyWith(`"contacts":"","signatures":"","history":{},"retainYears":0`), `[{"code":"A"}]`),
	"the history":        specWith(policyWith(`"history":{"name":"History of {code} {date} {digest}.csv","path":"Current/Off-boarding","xpmCopy":true},"retainYears":100`), `[{"code":"A"}]`),
	"the history beside": specWith(policyWith(`"history":{"name":"","path":"Current","xpmCopy":false}`), `[{"code":"A"}]`),
	"findings":           specWith(policyWith(`"findings":{"openJobs":"stop","folder":"ignore","edition":"stop"}`), `[{"code":"A"}]`),
	"no findings":        specWith(policyWith(`"findings":{}`), `[{"code":"A"}]`),
	"another source":     `{"source":"xpm-field","field":"Portal","entities":[{"code":"Ä 7"}],"policy":` + keep + `}`,
}

// badSpecs are what a file may hold by mistake, and the field that the error names.
var badSpecs = map[string]struct{ document, field string }{
	"nothing":                      {"", ""},
	"no JSON":                      {"source: xpm", ""},
	"a list":                       {"[]", ""},
	"two documents":                {specWith(keep, `[{"code":"A"}]`) + "{}", ""},
	"a depth bomb":                 {strings.Repeat(`{"policy":`, 50_000), ""},
	"another depth bomb":           {specWith(keep, strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), "entities[0]"},
	"nobody":                       {specWith(keep, `[]`), "entities"},
	"null for everybody":           {specWith(keep, `null`), "entities"},
	"null for somebody":            {specWith(keep, `[{"code":"A"},null]`), "entities[1]"},
	"no source":                    {`{"entities":[{"code":"A"}],"policy":` + keep + `}`, "source"},
	"another source":               {`{"source":"aps","entities":[{"code":"A"}],"policy":` + keep + `}`, "source"},
	"a source by number":           {`{"source":1,"entities":[{"code":"A"}],"policy":` + keep + `}`, "source"},
	"no policy":                    {`{"source":"xpm","entities":[{"code":"A"}]}`, "policy.documents"},
	"a policy of text":             {specWith(`"keep"`, `[{"code":"A"}]`), "policy"},
	"an empty policy":              {specWith(`{}`, `[{"code":"A"}]`), "policy.documents.edition"},
	"a policy misspelt":            {specWith(policyWith(`"contcats":"delete"`), `[{"code":"A"}]`), "policy.contcats"},
	"a policy in capitals":         {specWith(policyWith(`"Contacts":"delete"`), `[{"code":"A"}]`), "policy.Contacts"},
	"a policy twice":               {specWith(policyWith(`"contacts":"keep","contacts":"delete"`), `[{"code":"A"}]`), "policy.contacts"},
	"contacts":                     {specWith(policyWith(`"contacts":"destroy"`), `[{"code":"A"}]`), "policy.contacts"},
	"signatures":                   {specWith(policyWith(`"signatures":"ignore"`), `[{"code":"A"}]`), "policy.signatures"},
	"null for signatures":          {specWith(policyWith(`"signatures":null`), `[{"code":"A"}]`), "policy.signatures"},
	"I4: no edition":               {specWith(`{"documents":{"folder":"keep"}}`, `[{"code":"A"}]`), "policy.documents.edition"},
	"R19: CDM deletes":             {specWith(`{"documents":{"edition":"cdm","folder":"delete"}}`, `[{"code":"A"}]`), "policy.documents.folder"},
	"R20: no Archive":              {specWith(`{"documents":{"edition":"non-cdm","folder":"archive"}}`, `[{"code":"A"}]`), "policy.documents.folder"},
	"no folder":                    {specWith(`{"documents":{"edition":"non-cdm"}}`, `[{"code":"A"}]`), "policy.documents.folder"},
	"I4: no decision":              {specWith(`{"documents":{"edition":"non-cdm","folder":"delete"}}`, `[{"code":"A"}]`), "policy.documents.permanent"},
	"I4: decision with CDM":        {specWith(`{"documents":{"edition":"cdm","folder":"archive","permanent":{"reason":"x"}}}`, `[{"code":"A"}]`), "policy.documents.permanent"},
	"I4: no reason":                {specWith(`{"documents":{"edition":"non-cdm","folder":"delete","permanent":{"reason":" "}}}`, `[{"code":"A"}]`), "policy.documents.permanent.reason"},
	"P10: no such finding":         {specWith(policyWith(`"findings":{"openDoors":"stop"}`), `[{"code":"A"}]`), "policy.findings.openDoors"},
	"P10: an odd finding":          {specWith(policyWith(`"findings":{"\u001b[2J":"stop"}`), `[{"code":"A"}]`), `policy.findings["\x1b[2J"]`},
	"P10: no such weight":          {specWith(policyWith(`"findings":{"openJobs":"fatal"}`), `[{"code":"A"}]`), "policy.findings.openJobs"},
	"I4: a finding that stops":     {specWith(policyWith(`"findings":{"edition":"warn"}`), `[{"code":"A"}]`), "policy.findings.edition"},
	"a weight by number":           {specWith(policyWith(`"findings":{"openJobs":3}`), `[{"code":"A"}]`), "policy.findings.openJobs"},
	"a finding twice":              {specWith(policyWith(`"findings":{"openJobs":"stop","openJobs":"info"}`), `[{"code":"A"}]`), "policy.findings.openJobs"},
	"years by text":                {specWith(policyWith(`"retainYears":"7"`), `[{"code":"A"}]`), "policy.retainYears"},
	"half a year":                  {specWith(policyWith(`"retainYears":0.5`), `[{"code":"A"}]`), "policy.retainYears"},
	"years that never end":         {specWith(policyWith(`"retainYears":101`), `[{"code":"A"}]`), "policy.retainYears"},
	"P4: a name that publishes":    {specWith(policyWith(`"history":{"name":"To Client/{digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"P4: a place that publishes":   {specWith(policyWith(`"history":{"path":"To Client"}`), `[{"code":"A"}]`), "policy.history.path"},
	"P4: below it":                 {specWith(policyWith(`"history":{"path":"To Client/2026"}`), `[{"code":"A"}]`), "policy.history.path"},
	"P4: the way to it":            {specWith(policyWith(`"history":{"path":"Current/../To Client"}`), `[{"code":"A"}]`), "policy.history.path"},
	"P4: from the client":          {specWith(policyWith(`"history":{"path":"From Client"}`), `[{"code":"A"}]`), "policy.history.path"},
	"a place of nothing":           {specWith(policyWith(`"history":{"path":"Current//x"}`), `[{"code":"A"}]`), "policy.history.path"},
	"I1: no digest":                {specWith(policyWith(`"history":{"name":"History.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"no CSV":                       {specWith(policyWith(`"history":{"name":"{digest}.xlsx"}`), `[{"code":"A"}]`), "policy.history.name"},
	"another placeholder":          {specWith(policyWith(`"history":{"name":"{name} {digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"a brace too many":             {specWith(policyWith(`"history":{"name":"{{digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"a name that is not safe":      {specWith(policyWith(`"history":{"name":"a:{digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"a hidden name":                {specWith(policyWith(`"history":{"name":".{digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"a name too long":              {specWith(policyWith(`"history":{"name":"`+strings.Repeat("x", 250)+`{digest}.csv"}`), `[{"code":"A"}]`), "policy.history.name"},
	"a copy of text":               {specWith(policyWith(`"history":{"xpmCopy":"yes"}`), `[{"code":"A"}]`), "policy.history.xpmCopy"},
	"a copy without XPM":           {`{"source":"none","entities":[{"code":"A"}],"policy":` + policyWith(`"history":{"xpmCopy":true}`) + `}`, "policy.history.xpmCopy"},
	"no code":                      {specWith(keep, `[{"code":"A"},{"name":"B"}]`), "entities[1].code"},
	"a blank code":                 {specWith(keep, `[{"code":"  "}]`), "entities[0].code"},
	"a code by number":             {specWith(keep, `[{"code":7}]`), "entities[0].code"},
	"a control character":          {specWith(keep, `[{"code":"A\u0007"}]`), "entities[0].code"},
	"a control character in names": {specWith(keep, `[{"code":"A","name":"\u001b[2J"}]`), "entities[0].name"},
	"twice the same":               {specWith(keep, `[{"code":"A"},{"code":"B"},{"code":"a "}]`), "entities[2].code"},
	"an entity misspelt":           {specWith(keep, `[{"code":"A"},{"code":"B"},{"code":"C"},{"code":"D","retianUntil":"2031-06-30"}]`), "entities[3].retianUntil"},
	"no such day":                  {specWith(keep, `[{"code":"A"},{"code":"B"},{"code":"C"},{"code":"D","retainUntil":"2023-02-30"}]`), "entities[3].retainUntil"},
	"another form of day":          {specWith(keep, `[{"code":"A","serviceEnded":"30/06/2024"}]`), "entities[0].serviceEnded"},
	"a day by number":              {specWith(keep, `[{"code":"A","serviceEnded":20240630}]`), "entities[0].serviceEnded"},
}

func TestReadSpec(t *testing.T) {
	for name, document := range goodSpecs {
		t.Run(name, func(t *testing.T) {
			spec, err := offboard.ReadSpec(strings.NewReader(document))
			if err != nil {
				t.Fatal(err)
			}
			again(t, spec, offboard.ReadSpec)
		})
	}
	for name, c := range badSpecs {
		t.Run(name, func(t *testing.T) {
			_, err := offboard.ReadSpec(strings.NewReader(c.document))
			if problem, ok := errors.AsType[*offboard.SpecError](err); !ok || problem.Field != c.field {
				t.Errorf("got %v, want a problem with %q", err, c.field)
			} else if len(err.Error()) > 500 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// A policy by itself is the member of a specification, and its errors have the
// same paths.
func TestReadPolicy(t *testing.T) {
	for name, document := range goodSpecs {
		policy, err := offboard.ReadPolicy(strings.NewReader(policyOf(document)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again(t, policy, offboard.ReadPolicy)
	}
	refused := 0
	for name, c := range badSpecs {
		if !strings.HasPrefix(c.field, "policy.") || strings.HasSuffix(name, "no policy") || name == "a copy without XPM" {
			continue
		}
		refused++
		_, err := offboard.ReadPolicy(strings.NewReader(policyOf(c.document)))
		if problem, ok := errors.AsType[*offboard.SpecError](err); !ok || problem.Field != c.field {
			t.Errorf("%s: got %v, want a problem with %q", name, err, c.field)
		}
	}
	if refused < 20 {
		t.Errorf("only %d policies were refused", refused)
	}
	for _, document := range []string{"", "{", "[]", "null", `"` + strings.Repeat("x", 1<<20) + `"`} {
		_, err := offboard.ReadPolicy(strings.NewReader(document))
		if problem, ok := errors.AsType[*offboard.SpecError](err); !ok || problem.Field != "policy" {
			t.Errorf("%.10s: %v", document, err)
		}
	}
}

// policyOf cuts the policy out of one of the documents above.
func policyOf(document string) string {
	var parts struct{ Policy json.RawMessage }
	in := json.NewDecoder(strings.NewReader(document))
	if in.Decode(&parts) != nil {
		return document
	}
	return string(parts.Policy)
}

// again writes what was read, and reads the same from it.
func again[T any](t *testing.T, value T, read func(io.Reader) (T, error)) {
	t.Helper()
	written, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	back, err := read(bytes.NewReader(written))
	if err != nil {
		t.Fatalf("%s: %v", written, err)
	}
	if rewritten, err := json.Marshal(back); err != nil || !bytes.Equal(rewritten, written) {
		t.Errorf("%s became %s, %v", written, rewritten, err)
	}
}

type noDisk struct{}

func (noDisk) Read([]byte) (int, error) { return 0, errNoSpace }

// What is wrong with reading is not put down to the specification.
func TestReadSpec_ErrorOfReading(t *testing.T) {
	_, spec := offboard.ReadSpec(noDisk{})
	_, policy := offboard.ReadPolicy(noDisk{})
	for _, err := range []error{spec, policy} {
		if _, wrong := errors.AsType[*offboard.SpecError](err); wrong || !errors.Is(err, errNoSpace) {
			t.Errorf("got %v", err)
		}
	}
}
