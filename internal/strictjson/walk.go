package strictjson

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// maxDepth is how deep a value may be nested whose type is any. Every other type
// says by itself how deep it goes.
const maxDepth = 32

// walker goes through a document that is known to be valid JSON, beside the type
// that it is to be read into.
type walker struct {
	in     *json.Decoder
	forms  map[reflect.Type]reflect.Type
	names  map[reflect.Type]members
	at     []step // from the root to where the walk is
	depth  int    // of values whose type is any
	rooted string
}

// step is one step of a path: the name of a member, or the index of an element.
type step struct {
	name   string
	index  int
	member bool
}

// members are those of an object, in the order of the fields.
type members struct {
	order []string
	types map[string]reflect.Type
}

var textReader = reflect.TypeFor[encoding.TextUnmarshaler]()

func newWalker(data []byte, o Options) *walker {
	w := &walker{in: json.NewDecoder(bytes.NewReader(data)), forms: o.Forms, names: map[reflect.Type]members{}, rooted: o.Root}
	w.in.UseNumber()
	return w
}

func (w *walker) token() json.Token {
	t, _ := w.in.Token() // the document is valid
	return t
}

// value walks over one value and says what is wrong with it or with something in
// it, or "". The path then leads to what is wrong.
func (w *walker) value(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if form, ok := w.forms[t]; ok {
		t = form
	}
	switch token := w.token().(type) {
	case nil:
		if t.Kind() == reflect.Interface {
			return ""
		}
		return "is null: leave it out, or give it " + wanted(t)
	case json.Delim:
		return w.open(token, t)
	case string:
		return text(token, t)
	case json.Number:
		return number(token, t)
	default:
		if t.Kind() != reflect.Bool && t.Kind() != reflect.Interface {
			return "is true or false: want " + wanted(t)
		}
	}
	return ""
}

// open walks over an object or a list, of which the first token was read.
func (w *walker) open(token json.Delim, t reflect.Type) string {
	inAny := t.Kind() == reflect.Interface
	isText := reflect.PointerTo(t).Implements(textReader)
	if inAny {
		if w.depth++; w.depth > maxDepth {
			return fmt.Sprintf("is nested more than %d deep", maxDepth)
		}
		defer func() { w.depth-- }()
	}
	switch {
	case token == '{' && !isText && (inAny || t.Kind() == reflect.Struct || t.Kind() == reflect.Map):
		return w.object(t)
	case token == '[' && !isText && (inAny || t.Kind() == reflect.Slice):
		return w.list(t)
	case token == '{':
		return "is an object: want " + wanted(t)
	}
	return "is a list: want " + wanted(t)
}

func (w *walker) list(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	w.at = append(w.at, step{})
	for i := 0; w.in.More(); i++ {
		w.at[len(w.at)-1].index = i
		if problem := w.value(t); problem != "" {
			return problem
		}
	}
	w.at = w.at[:len(w.at)-1]
	w.token() // the bracket
	return ""
}

func (w *walker) object(t reflect.Type) string {
	known := w.membersOf(t)
	seen := map[string]bool{}
	w.at = append(w.at, step{member: true})
	for w.in.More() {
		name, _ := w.token().(string)
		w.at[len(w.at)-1].name = name
		of := t // of an object in an any
		switch t.Kind() {
		case reflect.Map:
			of = t.Elem()
		case reflect.Struct:
			of = known.types[name]
		}
		switch {
		case seen[name]:
			return "stands twice"
		case of == nil:
			return "is unknown: want " + listed(known.order)
		}
		seen[name] = true
		if problem := w.value(of); problem != "" {
			return problem
		}
	}
	w.at = w.at[:len(w.at)-1]
	w.token() // the brace
	return ""
}

// membersOf reads the tags of a struct. Embedded structs are not looked into.
func (w *walker) membersOf(t reflect.Type) members {
	if t.Kind() != reflect.Struct {
		return members{}
	}
	m, ok := w.names[t]
	if ok {
		return m
	}
	m.types = map[string]reflect.Type{}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if f.IsExported() && name != "-" {
			m.order, m.types[name] = append(m.order, name), f.Type
		}
	}
	w.names[t] = m
	return m
}

func text(s string, t reflect.Type) string {
	if reflect.PointerTo(t).Implements(textReader) {
		const long = 100
		if len(s) > long {
			return fmt.Sprintf("is text of %d bytes, which is too long", len(s))
		}
		if err := reflect.New(t).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(s)); err != nil {
			return "is wrong: " + err.Error()
		}
		return ""
	}
	if t.Kind() != reflect.String && t.Kind() != reflect.Interface {
		return "is text: want " + wanted(t)
	}
	return ""
}

func number(n json.Number, t reflect.Type) string {
	err := error(nil)
	switch {
	case reflect.PointerTo(t).Implements(textReader):
		return "is a number: want text"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Int64:
		_, err = strconv.ParseInt(n.String(), 10, t.Bits())
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Interface:
		_, err = strconv.ParseFloat(n.String(), 64)
	default:
		return "is a number: want " + wanted(t)
	}
	if err != nil {
		return "is a number of another kind: want " + wanted(t)
	}
	return ""
}

// wanted says in words what a type takes.
func wanted(t reflect.Type) string {
	if reflect.PointerTo(t).Implements(textReader) {
		return "text"
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number, written in digits only, and not too large"
	case reflect.Float64, reflect.Interface:
		return "a number that is not too large"
	}
	return "text"
}

// listed puts names into words: "code, name or note".
func listed(names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
