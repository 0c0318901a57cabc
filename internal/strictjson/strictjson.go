// Package strictjson reads files that people write, where a mistake must be told
// and not be guessed at: specifications, policies, worlds. It knows no vendor.
//
// What encoding/json lets pass is an error here, and the error says which member
// it is about: a member that the type does not have (letter case counts), one
// that stands twice, a null, a value of another type, text after the end, bytes
// that are no UTF-8, and more than the limits allow.
package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Error says what is wrong with a document, and with which of its members.
type Error struct {
	// Path leads to the member, such as "entities[3].code". It is [Options.Root]
	// where the document as a whole is wrong.
	Path string
	// Problem continues a sentence that begins with the path: "is null: leave it
	// out". It quotes no more of the document than a short name.
	Problem string
}

func (e *Error) Error() string {
	if e.Path == "" {
		return "the document " + e.Problem
	}
	return e.Path + " " + e.Problem
}

// Options say how a document is read.
type Options struct {
	// MaxBytes is how long the document may be; it must be set.
	MaxBytes int64
	// Root is the path of the whole document; empty where that has no name.
	Root string
	// Forms gives a type that reads its JSON itself the type that has its members.
	// Without it such a type is looked at as it stands.
	Forms map[reflect.Type]reflect.Type
}

// Read reads one document from r into v, a pointer. An error that is no *Error is
// one of reading, or what an UnmarshalJSON of v has returned.
func Read(r io.Reader, v any, o Options) error {
	data, err := io.ReadAll(io.LimitReader(r, o.MaxBytes+1))
	if err != nil {
		return err
	}
	return Unmarshal(data, v, o)
}

// Unmarshal is Read for a document that is in memory.
func Unmarshal(data []byte, v any, o Options) error {
	if int64(len(data)) > o.MaxBytes {
		return &Error{o.Root, fmt.Sprintf("is larger than %d bytes", o.MaxBytes)}
	}
	if !utf8.Valid(data) {
		return &Error{o.Root, "is no JSON: it is not UTF-8 text"}
	}
	var raw json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return &Error{o.Root, "is no JSON: " + place(data, err)}
	}
	w := newWalker(data, o)
	if problem := w.value(reflect.TypeOf(v).Elem()); problem != "" {
		return &Error{w.path(), problem}
	}
	err := json.Unmarshal(data, v)
	if misread := (*json.UnmarshalTypeError)(nil); errors.As(err, &misread) {
		return &Error{o.Root, "cannot be read: " + misread.Error()} // the walk has let something pass
	}
	return err
}

// place says where the syntax is wrong.
func place(data []byte, err error) string {
	wrong, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err.Error()
	}
	before := string(data[:min(int64(len(data)), max(0, wrong.Offset-1))])
	line := 1 + strings.Count(before, "\n")
	column := 1 + utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])
	return fmt.Sprintf("line %d, column %d: %v", line, column, wrong)
}
