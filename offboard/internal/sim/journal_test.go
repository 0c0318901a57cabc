package sim

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/offboard"
)

// full sets every field that there is, down to the last slice.
func full(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		full(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf("x"))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != instant {
				full(v.Field(i))
			}
		}
	}
}

// spoil changes everything that can be reached through pointers, slices and maps.
func spoil(v reflect.Value, reached bool) {
	switch v.Kind() {
	case reflect.String:
		if reached {
			v.SetString("spoilt")
		}
	case reflect.Pointer:
		spoil(v.Elem(), true)
	case reflect.Slice:
		for i := range v.Len() {
			spoil(v.Index(i), true)
		}
	case reflect.Map:
		v.SetMapIndex(reflect.ValueOf("x"), reflect.ValueOf("spoilt"))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type() != instant {
				spoil(v.Field(i), reached)
			}
		}
	}
}

var dates = cmp.AllowUnexported(offboard.Date{})

// A record is safe from whoever wrote it and from whoever reads it.
func TestJournal_Copies(t *testing.T) {
	var j Journal
	var r, want offboard.Record
	full(reflect.ValueOf(&r).Elem())
	full(reflect.ValueOf(&want).Elem())
	if err := j.Append(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	spoil(reflect.ValueOf(&r).Elem(), false)
	if cmp.Equal(r, want, dates) {
		t.Fatal("nothing is spoilt")
	}
	for range 2 {
		for got, err := range j.Records(context.Background()) {
			if diff := cmp.Diff(want, got, dates); err != nil || diff != "" {
				t.Error(err, diff)
			}
			spoil(reflect.ValueOf(&got).Elem(), false)
		}
	}
}

// An evidence file is never replaced, and one that fails leaves nothing.
func TestJournal_Create(t *testing.T) {
	var j Journal
	broken := errors.New("broken")
	if err := j.Create("a/b", func(io.Writer) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if _, err := j.Open("a/b"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	if err := j.Create("a/b", write("first")); err != nil {
		t.Error(err)
	}
	if err := j.Create("a/b", write("second")); !errors.Is(err, fs.ErrExist) {
		t.Error(err)
	}
	f, err := j.Open("a/b")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); err != nil || string(data) != "first" || strings.Join(j.Files(), " ") != "a/b" {
		t.Errorf("%q, %v, %v", data, err, j.Files())
	}
}
