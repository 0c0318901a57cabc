package nimbus

import (
	"bytes"
	"encoding/json"
	"slices"
)

// shape is what an object must have: these members, none that is null, and, when
// items is set, a list named items whose elements have that shape.
type shape struct {
	members []string
	items   *shape
}

const (
	maxDepth   = 32  // of objects and lists, the outermost included
	maxMembers = 128 // of one object; what is compared grows with the square
)

// audit looks at a document that encoding/json has read, for what it lets pass:
// members that are absent or null in an object that has a shape, members that are there twice, letter case
// aside, of which the last would win, and nesting without end.
func audit(raw []byte, s *shape) error {
	a := auditor{raw: raw}
	return a.value(s, 0)
}

// auditor walks over valid JSON.
type auditor struct {
	raw  []byte
	at   int
	keys [][]byte // of all objects around the current place
}

// peek returns the next byte that is not white space.
func (a *auditor) peek() byte {
	for a.raw[a.at] <= ' ' {
		a.at++
	}
	return a.raw[a.at]
}

// more steps over a separator, and reports whether the list or object goes on
// after it.
func (a *auditor) more(end byte) bool {
	switch a.peek() {
	case end:
		a.at++
		return false
	case ',':
		a.at++
	}
	return true
}

func (a *auditor) value(s *shape, depth int) error {
	c := a.peek()
	if s != nil && c != '{' {
		return errContract("the answer is not a JSON object where it should be one")
	}
	if depth == maxDepth && (c == '{' || c == '[') {
		return errContract("the answer is nested too deeply")
	}
	switch c {
	case '{':
		return a.object(s, depth)
	case '[':
		return a.list(nil, depth)
	case '"':
		a.text()
	default: // a number, true, false or null
		for a.at < len(a.raw) && bytes.IndexByte([]byte(",]} \t\r\n"), a.raw[a.at]) < 0 {
			a.at++
		}
	}
	return nil
}

func (a *auditor) list(items *shape, depth int) error {
	for a.at++; a.more(']'); {
		if err := a.value(items, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (a *auditor) object(s *shape, depth int) error {
	base := len(a.keys)
	defer func() { a.keys = a.keys[:base] }()
	found, listed := 0, false
	for a.at++; a.more('}'); {
		key, err := a.key(base)
		if err != nil {
			return err
		}
		switch first := a.peek(); {
		case s == nil:
			err = a.value(nil, depth+1)
		case first == 'n':
			err = s.null(string(key))
		case s.items != nil && string(key) == "items" && first == '[':
			listed = true
			err = a.list(s.items, depth+1)
		case !slices.Contains(s.members, string(key)):
			err = a.value(nil, depth+1)
		default:
			found++
			err = a.value(nil, depth+1)
		}
		if err != nil {
			return err
		}
	}
	if s == nil {
		return nil
	}
	if s.items != nil && !listed {
		return errContract("the answer has no list of items")
	}
	if found < len(s.members) {
		return errContract("the answer has no " + a.missing(s, base))
	}
	return nil
}

// null is the error of a member that is null. It does not quote a name that
// the contract does not have.
func (s *shape) null(key string) error {
	switch {
	case s.items != nil && key == "items":
		return errContract("the answer has no list of items")
	case slices.Contains(s.members, key):
		return errContract("the answer has no " + key)
	}
	return errContract("the answer has a member that is null")
}

// key reads a member's name and the colon after it, and refuses a name that its
// object has already.
func (a *auditor) key(base int) ([]byte, error) {
	a.peek()
	key := a.text()
	a.peek()
	a.at++
	if bytes.IndexByte(key, '\\') >= 0 {
		var plain string
		if json.Unmarshal(slices.Concat([]byte(`"`), key, []byte(`"`)), &plain) != nil {
			return nil, errContract("the answer has a member whose name cannot be read")
		}
		key = []byte(plain)
	}
	if len(a.keys)-base == maxMembers {
		return nil, errContract("the answer has too many members")
	}
	for _, other := range a.keys[base:] {
		if bytes.EqualFold(key, other) {
			return nil, errContract("the answer names a member twice")
		}
	}
	a.keys = append(a.keys, key)
	return key, nil
}

// text steps over a string and returns what stands between its quotes.
func (a *auditor) text() []byte {
	start := a.at + 1
	for a.at = start; a.raw[a.at] != '"'; a.at++ {
		if a.raw[a.at] == '\\' {
			a.at++
		}
	}
	a.at++
	return a.raw[start : a.at-1]
}

// missing names the first member that the object does not have.
func (a *auditor) missing(s *shape, base int) string {
	for _, name := range s.members {
		if !slices.ContainsFunc(a.keys[base:], func(key []byte) bool { return string(key) == name }) {
			return name
		}
	}
	return ""
}
