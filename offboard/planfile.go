package offboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// planVersion is the version of the form of a PlanFile. Fields may be added to
// it, and none change their meaning.
const planVersion = 1

// PlanFile is a plan as a file: what was wanted, what every client was when it
// was looked at, and what would be done. A run that is held to it (Runner.Approved)
// does exactly that, or refuses since the world has moved.
type PlanFile struct {
	Version int `json:"version"`
	// Scope is the hash of what is wanted and of every client's snapshot: what an
	// approval is bound to (I10).
	Scope    string          `json:"scope"`
	Forecast Forecast        `json:"forecast"`
	Spec     Spec            `json:"spec"`
	Steps    []string        `json:"steps"`
	Clients  []PlannedClient `json:"clients"`
}

// PlannedClient is one client of a PlanFile.
type PlannedClient struct {
	Code string `json:"code"`
	// Scope is the client's part of the scope of the plan.
	Scope string `json:"scope"`
	// Blocked says why the client would go no further; empty: nothing is in the way.
	Blocked  string       `json:"blocked,omitempty"`
	Edition  string       `json:"edition,omitempty"`
	Left     bool         `json:"left,omitempty"` // it is archived or closed already
	Snapshot *Snapshot    `json:"snapshot,omitempty"`
	Findings []Finding    `json:"findings,omitempty"`
	Steps    []StepReport `json:"steps"`
}

// Propose is Preview, with the plan that comes of it.
func (r Runner) Propose(ctx context.Context) (PlanFile, Report, error) {
	s, err := r.begin(ctx)
	if err != nil {
		return PlanFile{}, Report{}, err
	}
	err = s.preview(ctx)
	report := s.report()
	report.Preview = true
	if err != nil {
		return PlanFile{}, report, err
	}
	return s.plan(report), report, nil
}

// plan is the plan file for where the clients stand.
func (s *session) plan(report Report) PlanFile {
	f := PlanFile{Version: planVersion, Spec: s.Plan.Spec, Forecast: s.Plan.Forecast(s.Batch)}
	for _, info := range s.infos {
		f.Steps = append(f.Steps, info.Name)
	}
	var scopes []string
	for _, c := range report.Clients {
		planned := s.planned(c)
		f.Clients = append(f.Clients, planned)
		if planned.Blocked == "" {
			scopes = append(scopes, planned.Scope)
		}
	}
	f.Scope = scopeOf(scopes)
	return f
}

func (s *session) planned(c ClientReport) PlannedClient {
	facts := s.progress.Facts(c.Code)
	planned := PlannedClient{Code: c.Code, Snapshot: facts.Snapshot, Left: facts.leftUpstream(),
		Scope: scopeOfClient(s.wanted, s.entities[c.Code], facts.Snapshot)}
	for _, step := range c.Steps {
		if step.Name == StepPreflight {
			planned.Edition, planned.Findings = step.Evidence["edition"], step.Findings
		}
		if planned.Blocked == "" && (step.State == Blocked || step.State == Failed) {
			planned.Blocked = step.Name + ": " + step.Reason
		}
		step.Evidence, step.Findings = nil, nil
		planned.Steps = append(planned.Steps, step)
	}
	return planned
}

// maxPlan is how many bytes of a plan are read: a specification, and for each of
// its clients where every step stands.
const maxPlan = 16 * maxSpec

// ReadPlanFile reads what was written as a PlanFile, as strictly as ReadSpec reads
// a specification. What is no plan, or was changed by hand so that it no longer is
// what its scope says, is a *SpecError that names the field.
func ReadPlanFile(r io.Reader) (PlanFile, error) {
	var f PlanFile
	err := strictjson.Read(r, &f, strictjson.Options{MaxBytes: maxPlan, Forms: specForms()})
	if err != nil {
		return PlanFile{}, inPlan(err)
	}
	if err := f.check(); err != nil {
		return PlanFile{}, err
	}
	return f, nil
}

// inPlan is what reading found, with the paths of a plan: what UnmarshalJSON says
// of the policy does not know that the specification is part of one.
func inPlan(err error) error {
	wrong, ok := errors.AsType[*SpecError](err)
	switch {
	case ok:
		return &SpecError{"spec." + wrong.Field, wrong.Problem}
	case errors.As(err, new(*strictjson.Error)):
		return specError(err)
	}
	return fmt.Errorf("the plan cannot be read: %w", err)
}

func (f PlanFile) check() error {
	if f.Version != planVersion {
		return &SpecError{"version", fmt.Sprintf("is %d: this program reads plans of version %d", f.Version, planVersion)}
	}
	if len(f.Clients) != len(f.Spec.Entities) {
		return &SpecError{"clients", fmt.Sprintf("are %d, and spec.entities are %d: make the plan anew", len(f.Clients), len(f.Spec.Entities))}
	}
	if field, problem := f.Spec.problem(); problem != "" {
		return &SpecError{"spec." + field, problem}
	}
	var scopes []string
	wanted := f.Spec.wanted()
	for i, c := range f.Clients {
		field := fmt.Sprintf("clients[%d]", i)
		e := f.Spec.Entities[i]
		if c.Code != e.Code {
			return &SpecError{field + ".code", fmt.Sprintf("is %s, and spec.entities[%d] is %s: make the plan anew", strictjson.Quote(c.Code), i, strictjson.Quote(e.Code))}
		}
		if scopeOfClient(wanted, e, c.Snapshot) != c.Scope {
			return &SpecError{field + ".scope", "does not fit the specification and the snapshot: one of them was changed; make the plan anew"}
		}
		if c.Blocked == "" {
			scopes = append(scopes, c.Scope)
		}
	}
	if f.Scope != scopeOf(scopes) {
		return &SpecError{"scope", "does not fit the clients: the plan was changed; make it anew"}
	}
	return nil
}

// PlanChange is one thing in which two plans differ, or the world from a plan.
type PlanChange struct {
	Client string `json:"client,omitempty"` // empty: of the whole plan
	What   string `json:"what"`
	Then   string `json:"then"`
	Now    string `json:"now"`
}

func (c PlanChange) String() string {
	who := ""
	if c.Client != "" {
		who = c.Client + ": "
	}
	return fmt.Sprintf("%s%s: then %s, now %s", who, c.What, orNothing(c.Then), orNothing(c.Now))
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// StalePlanError says in what the world has moved since a plan was made. Nothing
// was written to any system: make the plan anew, look at it, and run that.
type StalePlanError struct{ Changes []PlanChange }

func (e *StalePlanError) Error() string {
	const most = 5
	var lines []string
	for _, c := range e.Changes[:min(most, len(e.Changes))] {
		lines = append(lines, c.String())
	}
	if more := len(e.Changes) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return "the plan is out of date: " + strings.Join(lines, "; ") + ": make it anew, look at it, and run that; nothing was done"
}

// ComparePlans lists in what two plans differ: what is wanted first, then each
// client.
func ComparePlans(then, now PlanFile) []PlanChange {
	var changes differences
	changes.add("", "the source", string(then.Spec.Source), string(now.Spec.Source))
	changes.add("", "the field", then.Spec.Field, now.Spec.Field)
	changes.add("", "the policy", jsonText(then.Spec.Policy), jsonText(now.Spec.Policy))
	changes.add("", "the order of steps", strings.Join(then.Steps, " "), strings.Join(now.Steps, " "))
	before, after := then.Spec.stated(), now.Spec.stated()
	for _, c := range then.Clients {
		i := slices.IndexFunc(now.Clients, func(n PlannedClient) bool { return n.Code == c.Code })
		if i < 0 {
			changes.add(c.Code, "the client", "in the plan", "")
			continue
		}
		changes.add(c.Code, "what is stated of it", before[c.Code], after[c.Code])
		changes.client(c, now.Clients[i])
	}
	for _, c := range now.Clients {
		if !slices.ContainsFunc(then.Clients, func(t PlannedClient) bool { return t.Code == c.Code }) {
			changes.add(c.Code, "the client", "", "in the plan")
		}
	}
	return changes
}

// stated is what the specification says of each client: its retention and its
// name are part of what is approved.
func (s Spec) stated() map[string]string {
	all := map[string]string{}
	for _, e := range s.Entities {
		all[e.Code] = jsonText(e)
	}
	return all
}

type differences []PlanChange

func (d *differences) add(client, what, then, now string) {
	if then != now {
		*d = append(*d, PlanChange{client, what, then, now})
	}
}

// client adds in what a client differs, of all that the plan rests on.
func (d *differences) client(then, now PlannedClient) {
	code, told := then.Code, len(*d)
	d.add(code, "what is in the way", then.Blocked, now.Blocked)
	d.add(code, "the edition", then.Edition, now.Edition)
	d.add(code, "its state in the source system", leftWord(then.Left), leftWord(now.Left))
	a, b := then.Snapshot, now.Snapshot
	if a == nil || b == nil {
		d.add(code, "the snapshot", a.text(), b.text())
		return
	}
	d.add(code, "the client in XPM", string(a.XPM), string(b.XPM))
	d.add(code, "the client in MYOB AE", string(a.MYOBAE), string(b.MYOBAE))
	d.add(code, "the entity in Nimbus", string(a.Nimbus), string(b.Nimbus))
	d.add(code, "the folder", string(a.Folder), string(b.Folder))
	gone, came := without(a.Documents, b.Documents), without(b.Documents, a.Documents)
	d.add(code, "the documents", countAnd(len(a.Documents), "gone since", gone), countAnd(len(b.Documents), "new", came))
	left, joined := without(a.Contacts, b.Contacts), without(b.Contacts, a.Contacts)
	d.add(code, "the contacts", countAnd(len(a.Contacts), "gone since", left), countAnd(len(b.Contacts), "new", joined))
	if told == len(*d) {
		d.add(code, "what Nimbus tells of its contacts and documents", a.File, b.File)
		d.add(code, "the proof of the snapshot", string(a.Proof), string(b.Proof))
	}
}

// text is the snapshot in a PlanChange; empty where there is none, since nobody
// has told so far which entity the client is.
func (s *Snapshot) text() string {
	if s == nil {
		return ""
	}
	return jsonText(s)
}

func leftWord(left bool) string {
	if left {
		return "gone from it"
	}
	return "active"
}

// without are those of a that are not in b.
func without[T comparable](a, b []T) (only []T) {
	in := map[T]bool{}
	for _, x := range b {
		in[x] = true
	}
	for _, x := range a {
		if !in[x] {
			only = append(only, x)
		}
	}
	return only
}

func countAnd[T ~string](n int, what string, only []T) string {
	if len(only) == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d (%s: %s)", n, what, strings.Join(texts(only), ", "))
}

func texts[T ~string](ids []T) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}

func jsonText(v any) string {
	data, _ := json.Marshal(v) // made of strings, numbers and slices
	return string(data)
}

// moved compares where the clients stand now with the plan that the run is held
// to. Clients that were touched have moved by what the run did.
func (s *session) moved() []PlanChange {
	changes := ComparePlans(*s.Approved, s.plan(s.report()))
	s.progress.mu.RLock()
	defer s.progress.mu.RUnlock()
	return slices.DeleteFunc(changes, func(c PlanChange) bool { return s.progress.touched(c.Client) })
}
