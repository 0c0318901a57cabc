package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// same compares a run's end with that of one that nobody killed.
func (r result) same(other result) error {
	if !reflect.DeepEqual(r.state, other.state) {
		a, _ := json.MarshalIndent(r.state, "", " ") // both came out of JSON
		b, _ := json.MarshalIndent(other.state, "", " ")
		return fmt.Errorf("another end state than without kills: %s", firstDifference(string(a), string(b)))
	}
	if a, b := changes(r.effects), changes(other.effects); !slices.Equal(a, b) {
		return fmt.Errorf("other changes than without kills:\n%s\nagainst\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
	}
	return nil
}

func firstDifference(a, b string) string {
	left, right := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			from := max(0, i-8)
			return fmt.Sprintf("line %d:\n%s\nagainst\n%s", i+1, strings.Join(right[from:i+1], "\n"), strings.Join(left[from:i+1], "\n"))
		}
	}
	return fmt.Sprintf("%d lines against %d", len(right), len(left))
}

// volatile are the members of the state that differ between any two runs: times,
// and what counts or names sessions. The id of a sync names a journal record.
var volatile = map[string]bool{
	"Modified": true, "LastModified": true, "RowVersion": true, "modifiedAt": true, "startedAt": true, "finishedAt": true, "logins": true,
}

// exportName is the name of a filed history; it ends with a part of the digest.
var exportName = regexp.MustCompile(`^(Client-History-.*-)[0-9a-f]{16}\.csv$`)

// comparable is the state without what may differ between runs. Of a filed history
// that is its id, which depends on the order of uploads by several workers, and what
// follows from how many rows it had by then.
func comparable(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = comparable(v[i])
		}
		slices.SortStableFunc(v, func(a, b any) int { return strings.Compare(place(a), place(b)) })
	case object:
		for name := range v {
			if volatile[name] {
				delete(v, name)
				continue
			}
			v[name] = comparable(v[name])
		}
		if _, isSync := v["kind"]; isSync && v["number"] != nil {
			delete(v, "id")
		}
		if name, ok := v["name"].(string); ok && exportName.MatchString(name) {
			v["name"] = exportName.ReplaceAllString(name, "${1}N.csv")
			delete(v, "id")
			delete(v, "sha256")
			delete(v, "size")
		}
	}
	return v
}

// place is where a document lies, by which lists of documents are put in order;
// empty for all else.
func place(v any) string {
	o, _ := v.(object)
	folder, _ := o["folderId"].(string)
	name, _ := o["name"].(string)
	if folder == "" {
		return ""
	}
	return folder + "/" + name
}

// changes are the effects that changed something, in a form that does not
// depend on the number of exports or journal records.
func changes(effects []effect) []string {
	var all []string
	for _, e := range effects {
		if !e.Changed {
			continue
		}
		target := e.Target
		if e.Operation == "start-sync" {
			target = ""
		}
		if folder, name, ok := strings.Cut(target, "/"); ok {
			target = folder + "/" + exportName.ReplaceAllString(name, "${1}N.csv")
		}
		all = append(all, strings.Join([]string{e.System, e.Operation, e.Client, target}, " "))
	}
	slices.Sort(all)
	return all
}

// noneTwice refuses two changes by the same operation to the same target.
func noneTwice(effects []effect) error {
	seen := map[effect]bool{}
	for _, e := range effects {
		if e.Changed && seen[e] {
			return fmt.Errorf("an effect happened twice: %s %s of %s", e.Operation, e.Target, e.Client)
		}
		seen[e] = true
	}
	if len(changes(effects)) == 0 {
		return errors.New("no effect at all is recorded")
	}
	return nil
}

// practiceState is what of the state is looked at by name.
type practiceState struct {
	Nimbus struct {
		Clients []struct{ Code string }
		Archive []struct{ Name, SHA256 string }
	}
}

// runReport is what of offboard's report is looked at.
type runReport struct {
	Clients []struct {
		Code, State string
		Steps       []struct {
			Name     string
			Evidence map[string]string
		}
	}
}

// historiesWhole checks for every client that it is done and gone, that its
// exported history has the digest and the rows that the report states, and that
// the one copy in the Archive has the same digest.
func historiesWhole(report []byte, state practiceState, evidence string) error {
	var r runReport
	if err := json.Unmarshal(report, &r); err != nil {
		return fmt.Errorf("the report is not JSON: %w", err)
	}
	if len(r.Clients) != leaving {
		return fmt.Errorf("the report has %d clients, and %d were to go", len(r.Clients), leaving)
	}
	for _, c := range r.Clients {
		if c.State != "done" {
			return fmt.Errorf("%s is %s, although the exit code says that everything is done", c.Code, c.State)
		}
		steps := map[string]map[string]string{}
		for _, s := range c.Steps {
			steps[s.Name] = s.Evidence
		}
		if err := historyWhole(steps["export-history"], steps["file-history"], state, evidence); err != nil {
			return fmt.Errorf("%s: %w", c.Code, err)
		}
		for _, left := range state.Nimbus.Clients {
			if left.Code == c.Code {
				return fmt.Errorf("%s is still on the Client Grid", c.Code)
			}
		}
	}
	return nil
}

func historyWhole(exported, filed map[string]string, state practiceState, evidence string) error {
	data, err := os.ReadFile(filepath.Join(evidence, filepath.FromSlash(exported["file"])))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	digest := hex.EncodeToString(sum[:])
	if digest != exported["sha256"] {
		return fmt.Errorf("the history has the digest %s, and the report states %s", digest, exported["sha256"])
	}
	if rows := bytes.Count(data, []byte("\n")) - 1; rows < historyRows {
		return fmt.Errorf("the history has %d rows of %d", rows, historyRows)
	}
	copies := 0
	for _, d := range state.Nimbus.Archive {
		if d.SHA256 == digest && d.Name == filed["name"] {
			copies++
		}
	}
	if copies != 1 {
		return fmt.Errorf("the Archive has %d copies of the history, and not one", copies)
	}
	return nil
}
