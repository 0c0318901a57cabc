package xpm

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// field is one element of a body: a text, or elements within.
type field struct {
	name, value string
	inner       []field
	clear       bool // send it though it is empty
}

// body is the body of a request, element by element, in the order and spelling
// of requests, which are not always those of answers. What is empty is left out.
type body struct {
	root   string
	fields []field
}

// MarshalXML writes the body. The name that encoding/xml makes up for it is not
// used.
func (b body) MarshalXML(e *xml.Encoder, _ xml.StartElement) error {
	return field{name: b.root, inner: b.fields, clear: true}.encode(e)
}

func (f field) encode(e *xml.Encoder) error {
	if f.value == "" && f.inner == nil && !f.clear {
		return nil
	}
	start := xml.StartElement{Name: xml.Name{Local: f.name}}
	if f.inner == nil {
		return e.EncodeElement(f.value, start)
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, f := range f.inner {
		if err := f.encode(e); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// emptied sends the elements that are named as empty ones. Each has to be one of
// the body, without a value, and not one that is required.
func emptied(op string, fields []field, names []string, required ...string) error {
	for _, name := range names {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		switch {
		case i < 0 || slices.Contains(required, name):
			return invalid(op, fmt.Sprintf("%q is no element to clear", name))
		case fields[i].value != "" || fields[i].inner != nil:
			return invalid(op, fmt.Sprintf("%q is to be set and cleared", name))
		}
		fields[i].clear = true
	}
	return nil
}

// onlyFields asks for some elements of each item only. Those that tell items
// apart are asked for in any case.
func onlyFields(q url.Values, names []string, keys ...string) {
	if len(names) == 0 {
		return
	}
	all := slices.Clone(names)
	for _, key := range keys {
		if !slices.ContainsFunc(all, func(name string) bool { return strings.EqualFold(name, key) }) {
			all = append(all, key)
		}
	}
	q.Set("fields", strings.Join(all, ","))
}
