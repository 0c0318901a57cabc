package offboard

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// PlanChange is one thing in which two plans differ, or the world from a plan.
// Then and Now hold ids, counts and words of a policy, never names (I8).
type PlanChange struct {
	Client string `json:"client,omitempty"` // empty: of the whole plan
	What   string `json:"what"`
	Then   string `json:"then"` // empty: there was nothing
	Now    string `json:"now"`
}

// String tells the change as one line: "ACME01: the documents: in the plan 2, now 3
// (new: d-9)".
func (c PlanChange) String() string {
	line := fmt.Sprintf("%s: in the plan %s, now %s", c.What, orNothing(c.Then), orNothing(c.Now))
	if c.Client != "" {
		line = c.Client + ": " + line
	}
	return line
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
		lines = append(lines, "and "+plural(more, "change")+" more")
	}
	return "the plan is out of date, so nothing was done; make it anew, look at it, and run that. What has changed: " + strings.Join(lines, "; ")
}

// ComparePlans lists in what two plans differ: what is wanted first, then each
// client.
func ComparePlans(then, now PlanFile) []PlanChange {
	var changes differences
	changes.add("", "the source", string(then.Spec.Source), string(now.Spec.Source))
	changes.add("", "the field", then.Spec.Field, now.Spec.Field)
	changes.members("", "policy", members(then.Spec.Policy), members(now.Spec.Policy))
	changes.steps(then.Steps, now.Steps)
	for _, e := range then.Spec.Entities {
		if now := now.Spec.entity(e.Code); now.Code == e.Code {
			changes.entity(e, now)
		}
	}
	for _, c := range then.Clients {
		i := slices.IndexFunc(now.Clients, func(n PlannedClient) bool { return n.Code == c.Code })
		if i < 0 {
			changes.add(c.Code, "the client", "one that leaves", "none")
			continue
		}
		changes.client(c, now.Clients[i])
	}
	for _, c := range now.Clients {
		if !slices.ContainsFunc(then.Clients, func(t PlannedClient) bool { return t.Code == c.Code }) {
			changes.add(c.Code, "the client", "none", "one that leaves")
		}
	}
	return changes
}

type differences []PlanChange

func (d *differences) add(client, what, then, now string) {
	if then != now {
		*d = append(*d, PlanChange{client, what, then, now})
	}
}

// members is the JSON form of a value, as an any.
func members(v any) (all any) {
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &all)
	}
	if err != nil {
		return err.Error() // no policy does: it is made of strings, numbers and maps
	}
	return all
}

// members adds the members in which two values differ, by their paths.
func (d *differences) members(client, path string, then, now any) {
	a, isObject := then.(map[string]any)
	b, too := now.(map[string]any)
	if !isObject || !too {
		d.add(client, path, inWords(then), inWords(now))
		return
	}
	both := maps.Clone(a)
	maps.Copy(both, b)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		d.members(client, strictjson.Member(path, name), a[name], b[name])
	}
}

// inWords is a value as people read it: text without quotes, nothing for none.
func inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	data, _ := json.Marshal(v) // it was read from JSON
	return string(data)
}

// steps adds what steps have come and gone, or that they have another order.
func (d *differences) steps(then, now []string) {
	gone, came := without(then, now), without(now, then)
	for _, name := range gone {
		d.add("", "the step "+name, "taken", "not taken")
	}
	for _, name := range came {
		d.add("", "the step "+name, "not taken", "taken")
	}
	if len(gone)+len(came) == 0 {
		d.add("", "the order of steps", strings.Join(then, " "), strings.Join(now, " "))
	}
}

// entity adds in what something else is wanted of a client. That its name or note
// has changed is told, and neither text (I8).
func (d *differences) entity(then, now Entity) {
	of := " of " + then.Code
	d.add("", "retainUntil"+of, then.RetainUntil.String(), now.RetainUntil.String())
	d.add("", "serviceEnded"+of, then.ServiceEnded.String(), now.ServiceEnded.String())
	if then.Name != now.Name || then.Note != now.Note {
		d.add("", "the name or note"+of, "one text", "another")
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
		d.add(code, "what the systems have of it", foundWord(a), foundWord(b))
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
	if told == len(*d) { // the ids are the same, and something about them is not
		d.add(code, "what Nimbus tells of its contacts and documents", a.File, b.File)
		d.add(code, "the proof of the snapshot", string(a.Proof), string(b.Proof))
	}
}

func leftWord(left bool) string {
	if left {
		return "taken out of it"
	}
	return "active"
}

func foundWord(s *Snapshot) string {
	if s == nil {
		return "not known"
	}
	return plural(len(s.Contacts), "contact") + " and " + plural(len(s.Documents), "document")
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

// countAnd is a number of things, and those that only one of the plans has.
func countAnd[T ~string](n int, what string, only []T) string {
	switch {
	case len(only) == 0:
		return fmt.Sprint(n)
	case len(only) > named:
		return fmt.Sprintf("%d (%s: %s, and %d more)", n, what, strings.Join(texts(only[:named]), ", "), len(only)-named)
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
