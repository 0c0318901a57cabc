package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/practicekit/offboarding/offboard"
)

//go:embed clients.csv
var builtinClients []byte

// clientList is a file of clients. Every client remembers its line.
type clientList struct {
	file   string
	policy string // the file of the policy, empty where flags are it
	items  []listedClient
}

type listedClient struct {
	entity offboard.Entity
	line   int // 0 in a plan
}

func (l clientList) entities() []offboard.Entity {
	var all []offboard.Entity
	for _, c := range l.items {
		all = append(all, c.entity)
	}
	return all
}

// loadClients reads the file; the empty name is the built-in list.
func loadClients(name string) (clientList, error) {
	if name == "" {
		return parseClients("the built-in clients.csv", builtinClients)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return clientList{}, inputErrorf("the clients cannot be read: %v", err)
	}
	return parseClients(name, data)
}

var columns = []string{"code", "name", "retain_until", "service_ended", "note"}

// parseClients reads a CSV file whose first line names its columns. Every error
// is an *inputError that names the line.
func parseClients(name string, data []byte) (clientList, error) {
	list := clientList{file: name}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if line := notText(data); line > 0 {
		return list, list.wrong(line, "is not UTF-8 text: save the file as \"CSV UTF-8\"")
	}
	in := csv.NewReader(bytes.NewReader(data))
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return list, inputErrorf("%s is empty: want a line that names the columns (code is needed; name, retain_until, service_ended and note may follow), and a line for each client", name)
	}
	if err != nil {
		return list, list.notCSV(err)
	}
	line, _ := in.FieldPos(0)
	place, err := list.header(line, header)
	if err != nil {
		return list, err
	}
	seen := map[string]int{}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return list, list.notCSV(err)
		}
		line, _ := in.FieldPos(0)
		entity, problem := parseClient(row, place)
		if problem != "" {
			return list, list.wrong(line, "%s", problem)
		}
		key := strings.ToLower(entity.Code)
		if first := seen[key]; first > 0 {
			return list, list.wrong(line, "has the code %q, which stands in line %d already: name every client once", entity.Code, first)
		}
		seen[key] = line
		list.items = append(list.items, listedClient{entity, line})
	}
	if len(list.items) == 0 {
		return list, inputErrorf("%s names no client: write a line for each below the header", name)
	}
	return list, nil
}

// notText is the first line that is not UTF-8 or holds a NUL; 0: none.
func notText(data []byte) int {
	for i, line := range bytes.Split(data, []byte("\n")) {
		if !utf8.Valid(line) || bytes.IndexByte(line, 0) >= 0 {
			return i + 1
		}
	}
	return 0
}

// header returns the place of every column in a row, or -1.
func (l clientList) header(line int, names []string) (map[string]int, error) {
	place := map[string]int{}
	for _, c := range columns {
		place[c] = -1
	}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		switch at, known := place[name]; {
		case !known:
			return nil, l.wrong(line, "names a column %q: the columns are %s, separated by commas", name, strings.Join(columns, ", "))
		case at >= 0:
			return nil, l.wrong(line, "names the column %q twice", name)
		}
		place[name] = i
	}
	if place["code"] < 0 {
		return nil, l.wrong(line, "names no column \"code\": every client needs its Client Code")
	}
	return place, nil
}

// parseClient reads one row; problem says what is wrong with it.
func parseClient(row []string, place map[string]int) (e offboard.Entity, problem string) {
	text := func(column string) string {
		if i := place[column]; i >= 0 {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	e = offboard.Entity{Code: text("code"), Name: text("name"), Note: text("note")}
	if e.Code == "" {
		return e, "has no code: every client needs its Client Code"
	}
	for _, s := range []string{e.Code, e.Name} {
		if strings.ContainsFunc(s, unicode.IsControl) {
			return e, fmt.Sprintf("has a control character or a line break in %q", s)
		}
	}
	for column, into := range map[string]*offboard.Date{"retain_until": &e.RetainUntil, "service_ended": &e.ServiceEnded} {
		if err := into.UnmarshalText([]byte(text(column))); err != nil {
			return e, "has a " + column + " that is no date: " + err.Error()
		}
	}
	return e, ""
}

func (l clientList) wrong(line int, format string, args ...any) error {
	return inputErrorf("%s: line %d %s", l.file, line, fmt.Sprintf(format, args...))
}

func (l clientList) notCSV(err error) error {
	if e, ok := errors.AsType[*csv.ParseError](err); ok {
		return l.wrong(e.Line, "is not CSV with as many fields as the header: %v", e.Err)
	}
	return inputErrorf("%s is not CSV: %v", l.file, err)
}

// explain gives a *offboard.SpecError about an entity the line of its client,
// and an *offboard.UnknownClientsError the lines of all.
func (l clientList) explain(err error) error {
	if e, ok := errors.AsType[*offboard.SpecError](err); ok {
		return l.explainSpec(e)
	}
	if e, ok := errors.AsType[*offboard.UnknownClientsError](err); ok {
		var unknown []string
		for _, c := range l.items {
			switch {
			case !slices.Contains(e.Codes, c.entity.Code):
			case c.line == 0:
				unknown = append(unknown, c.entity.Code)
			default:
				unknown = append(unknown, fmt.Sprintf("%s (line %d)", c.entity.Code, c.line))
			}
		}
		return inputErrorf("%s: neither a system nor the journal knows %s: check the spelling, and that -source and -config name the right practice; nothing was touched", l.file, strings.Join(unknown, ", "))
	}
	return err
}

func (l clientList) explainSpec(e *offboard.SpecError) error {
	var i int
	n, _ := fmt.Sscanf(e.Field, "entities[%d]", &i)
	switch inList := n == 1 && i < len(l.items); {
	case inList && l.items[i].line > 0:
		_, field, _ := strings.Cut(e.Field, ".")
		field = map[string]string{"retainUntil": "retain_until", "serviceEnded": "service_ended", "code": "code", "name": "name"}[field]
		return l.wrong(l.items[i].line, "(%s): %s %s", l.items[i].entity.Code, field, l.hint(field, e.Problem))
	case inList:
		return inputErrorf("%s: spec.%v", l.file, e)
	case l.policy != "":
		return inputErrorf("%s: %v", l.policy, e)
	}
	return inputErrorf("%v", e)
}

func (l clientList) hint(field, problem string) string {
	switch {
	case field != "retain_until" && field != "service_ended":
		return problem
	case l.policy != "":
		return problem + "; wait until the date has passed, or have " + l.policy + " keep the folder or say that the records are held elsewhere"
	}
	return problem + "; wait until the date has passed, use -folder keep, or state with -held-elsewhere that the records are held elsewhere"
}
