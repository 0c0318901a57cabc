package offboard

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/apierr"
)

// found collects the findings of one Check.
type found struct {
	policy Policy
	by     map[FindingName]Finding
}

func newFound(p Policy) *found { return &found{policy: p, by: map[FindingName]Finding{}} }

// wants reports whether one of these is to be looked at.
func (f *found) wants(names ...FindingName) bool {
	return slices.ContainsFunc(names, func(name FindingName) bool { return f.policy.wants(name) })
}

// wants reports whether the finding is to be looked at at all.
func (p Policy) wants(name FindingName) bool {
	k, _ := findingKindOf(name)
	return p.severity(k) != SeverityIgnore
}

// count notes how many there are.
func (f *found) count(name FindingName, n int, detail string) {
	f.note(name, Finding{Count: new(n), Detail: detail})
}

// flag notes what is so or is not.
func (f *found) flag(name FindingName, is bool, detail string) {
	n := 0
	if is {
		n = 1
	}
	f.count(name, n, detail)
}

func (f *found) note(name FindingName, found Finding) {
	k, _ := findingKindOf(name)
	found.Name, found.Rule = name, k.rule
	if found.Severity == "" {
		found.Severity = f.policy.severity(k)
	}
	if found.Severity != SeverityIgnore {
		f.by[name] = found
	}
}

// notKnown notes that these could not be found out. Where one of them is to stop
// the client, it does.
func (f *found) notKnown(why string, names ...FindingName) {
	for _, name := range names {
		f.note(name, Finding{Detail: why})
	}
}

// byHand is notKnown where no program reaches what a person works with (P9). What
// stops of itself is then a warning, since that person meets it; what the policy
// names as a stop remains one.
func (f *found) byHand(why string, names ...FindingName) {
	for _, name := range names {
		severity := f.policy.Findings[name]
		if k, _ := findingKindOf(name); severity == "" && f.policy.severity(k) == SeverityStop {
			severity = SeverityWarn
		}
		f.note(name, Finding{Severity: severity, Detail: why})
	}
}

// failed notes as not known what an error has kept from being read. It returns
// the error where another try may mend it, or it is for the whole run to end.
func (f *found) failed(err error, names ...FindingName) error {
	why, ok := unreadable(err)
	if !ok {
		return err
	}
	f.notKnown(why, names...)
	return nil
}

// unreadable says why something cannot be read, for an error that another try
// would not mend.
func unreadable(err error) (why string, ok bool) {
	for _, permanent := range []error{apierr.ErrForbidden, apierr.ErrCapabilityUnavailable, apierr.ErrNotFound, apierr.ErrInvalid, apierr.ErrTooLarge} {
		if errors.Is(err, permanent) {
			return err.Error(), true
		}
	}
	return "", false
}

// list gives all findings, in the order of the table.
func (f *found) list() []Finding {
	list := make([]Finding, 0, len(f.by))
	for _, k := range findingKinds {
		if one, looked := f.by[k.name]; looked {
			list = append(list, one)
		}
	}
	return list
}

// stop is the verdict of what blocks the client, all of it named; its State is
// empty where nothing does.
func (f *found) stop() Verdict {
	var rules, reasons []string
	for _, one := range f.list() {
		if !one.Stops() {
			continue
		}
		k, _ := findingKindOf(one.Name)
		mend := k.mend
		if !one.Known() {
			mend = "it has to be known before the client is touched"
		}
		rules = append(rules, one.Rule)
		reasons = append(reasons, fmt.Sprintf("%s: %s", one, mend))
	}
	if len(reasons) == 0 {
		return Verdict{}
	}
	return Verdict{State: Blocked, Rule: strings.Join(slices.Compact(rules), ", "), Reason: strings.Join(reasons, "; ")}
}

// words names what a person ought to know before approving.
func (f *found) words() string {
	var words []string
	for _, one := range f.list() {
		if one.Severity == SeverityWarn && !one.None() {
			words = append(words, one.String())
		}
	}
	if len(words) == 0 {
		return "nothing to warn of"
	}
	return strings.Join(words, ", ")
}

// writeFindings writes what stops and warns on lines of their own, and the rest in
// one line: in a preview all of it, afterwards what there is any of.
func writeFindings(w io.Writer, steps []StepReport, preview bool) {
	var all []Finding
	for _, s := range steps {
		all = append(all, s.Findings...)
	}
	var rest []string
	for _, f := range all {
		if weighs := f.Severity == SeverityStop || f.Severity == SeverityWarn; weighs && !f.None() {
			fmt.Fprintf(w, "  %s: %s (%s)\n", f.Severity, f, f.Rule)
			continue
		}
		if preview || !f.None() {
			rest = append(rest, f.String())
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(w, "  info: %s\n", strings.Join(rest, ", "))
	}
}

// some lists ids: the first ten, and how many there are beside them.
func some[ID ~string](ids []ID) string {
	const shown = 10
	var words []string
	for _, id := range ids[:min(shown, len(ids))] {
		words = append(words, string(id))
	}
	if more := len(ids) - shown; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}
