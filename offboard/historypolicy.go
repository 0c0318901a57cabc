package offboard

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
	"github.com/practicekit/offboarding/nimbus"
)

// HistoryPolicy says under which name and where in the Client folder the copy of
// the exported history is filed (R3), and whether XPM gets one too. The evidence
// always has the history itself, whatever this says. The zero value files it under
// DefaultHistoryName in Current.
type HistoryPolicy struct {
	// Name is the file name, with these placeholders:
	//
	//	{code}    the Client Code in lower case; what is no letter, digit or
	//	          hyphen stands as its bytes: _20
	//	{digest}  the first 16 hexadecimal digits of the file's SHA-256
	//	{date}    the day of the export in UTC: 2026-01-31
	//
	// It needs {digest}, so that every export has a name of its own, and ends in
	// .csv. Besides it may have letters, digits, blanks, dots, hyphens and
	// underscores. Empty means DefaultHistoryName.
	Name string `json:"name,omitempty"`
	// Path is where in the Client folder it goes: Current, or below it, divided by
	// slashes. To Client publishes, and what lies below From Client looks as if it
	// came from the client, so neither can be named (P4). Empty means Current.
	Path string `json:"path,omitempty"`
	// XPMCopy keeps a second copy outside Nimbus, among the client's documents in
	// XPM. The client is then taken out of the source system only once it is there.
	// It costs three calls of XPM's quota for every client, so it is off unless
	// asked for.
	XPMCopy bool `json:"xpmCopy,omitempty"`
}

// DefaultHistoryName is the name of the filed history where the policy has none.
const DefaultHistoryName = "Client-History-{code}-{digest}.csv"

const (
	maxFileName = 255 // bytes, as Nimbus' contract has it
	maxFileCode = 100 // bytes that a code may take in a file name
)

var (
	fileName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]*$`)
	placeholder = regexp.MustCompile(`\{[^{}]*\}`)
)

// problem says what is wrong with the policy, with the field, or "".
func (p HistoryPolicy) problem() (field, problem string) {
	if problem := p.nameProblem(); problem != "" {
		return "name", problem
	}
	return "path", p.pathProblem()
}

func (p HistoryPolicy) nameProblem() string {
	for _, found := range placeholder.FindAllString(p.Name, -1) {
		if found != "{code}" && found != "{digest}" && found != "{date}" {
			return "has the placeholder " + strictjson.Quote(found) + ": there are {code}, {digest} and {date}"
		}
	}
	longest := p.fileName(strings.Repeat("x", maxFileCode), HistoryFile{SHA256: strings.Repeat("0", 64)})
	switch {
	case p.Name == "":
		return ""
	case strings.ContainsAny(p.Name, `/\`):
		return "names a folder: policy.history.path does that, and never To Client (P4)"
	case !strings.Contains(p.Name, "{digest}"):
		return "has no {digest}: without it a further export would have the name of the first (I1)"
	case !strings.HasSuffix(p.Name, ".csv"):
		return "does not end in .csv"
	case !fileName.MatchString(longest):
		return "has a character that is not safe in a file name: want letters, digits, blanks, dots, hyphens, underscores and placeholders, and no blank, dot or hyphen first"
	case len(longest) > maxFileName:
		return fmt.Sprintf("can become %d bytes long: want %d at most", len(longest), maxFileName)
	}
	return ""
}

func (p HistoryPolicy) pathProblem() string {
	elements := strings.Split(p.Path, "/")
	switch {
	case p.Path == "":
		return ""
	case elements[0] != nimbus.PathCurrent:
		return fmt.Sprintf("is %s: want %s or a folder below it, and never %s, which publishes (P4)", strictjson.Quote(p.Path), nimbus.PathCurrent, nimbus.PathToClient)
	case len(p.Path) > maxFileName:
		return fmt.Sprintf("is %d bytes long: want %d at most", len(p.Path), maxFileName)
	}
	for _, e := range elements {
		if e != strings.Trim(e, " .") || e == "" || hasControl(e) || strings.ContainsAny(e, `\:*?"<>|`) {
			return fmt.Sprintf("has the element %s, which is no safe name of a folder", strictjson.Quote(e))
		}
	}
	return ""
}

// fileName is the name of the copy of an export.
func (p HistoryPolicy) fileName(code string, h HistoryFile) string {
	name := p.Name
	if name == "" {
		name = DefaultHistoryName
	}
	code = strings.TrimPrefix(evidenceDir(code), "client-")
	date := h.Exported.String()
	if date == "" {
		date = "0000-00-00"
	}
	// None of the values can hold a brace.
	for _, p := range [][2]string{{"{code}", code[:min(len(code), maxFileCode)]}, {"{digest}", filingID(h)}, {"{date}", date}} {
		name = strings.ReplaceAll(name, p[0], p[1])
	}
	return name
}
