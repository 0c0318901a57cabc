package myobae

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// uidPattern is what the contract allows as a UID, so that none can change the
// path that it becomes part of.
var uidPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// decode reads an object that decides something: exactly one JSON document, no
// key twice in one object (not even in other letters, which encoding/json takes
// for the same), and every required key there and not null. Keys that v has no
// field for are ignored.
func decode(body []byte, v any, required ...string) error {
	if err := json.Unmarshal(body, v); err != nil {
		return errors.New("the answer is not the JSON of the contract")
	}
	if err := uniqueKeys(body); err != nil {
		return err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(body, &keys); err != nil {
		return errors.New("the answer is not a JSON object")
	}
	for _, name := range required {
		if raw, ok := keys[name]; !ok || string(raw) == "null" {
			return fmt.Errorf("the answer has no %s", name)
		}
	}
	return nil
}

// fold maps names that differ in letter case only to one, and exactly those that
// encoding/json and strings.EqualFold take for the same ("ſ" is an "s" to both).
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		lowest := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			lowest = min(lowest, other)
		}
		return lowest
	}, name)
}

// uniqueKeys refuses a valid document in which an object names a key twice.
func uniqueKeys(body []byte) error {
	type level struct {
		keys map[string]bool // nil in an array
		key  bool            // the next token is a key
	}
	d := json.NewDecoder(bytes.NewReader(body))
	var open []level
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the end; the document is known to be valid
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 {
			top := &open[len(open)-1]
			if top.key {
				name := fold(token.(string))
				if top.keys[name] {
					return errors.New("the answer has a key twice")
				}
				top.keys[name] = true
			}
			top.key = top.keys != nil && !top.key
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}, key: true})
		case json.Delim('['):
			open = append(open, level{})
		}
	}
}
