package strictjson_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/internal/strictjson"
)

// letter has a member of every kind that a file may hold.
type letter struct {
	To      string         `json:"to"`
	Pages   int            `json:"pages,omitempty"`
	Urgent  bool           `json:"urgent,omitempty"`
	Written time.Time      `json:"written,omitzero"`
	Stamps  []stamp        `json:"stamps,omitempty"`
	Extra   map[string]any `json:"extra,omitempty"`
	Reply   *stamp         `json:"reply,omitempty"`
	Sealed  sealed         `json:"sealed,omitzero"`
	hidden  int
	Never   int `json:"-"`
}

type stamp struct {
	Cents int64 `json:"cents"`
}

// sealed reads its JSON by itself, from an object with the member wax.
type sealed struct{ colour string }

type sealedForm struct {
	Wax string `json:"wax"`
}

var errColour = errors.New("no such colour")

func (s *sealed) UnmarshalJSON(data []byte) error {
	var form sealedForm
	if err := json.Unmarshal(data, &form); err != nil {
		return err
	}
	if form.Wax == "" {
		return errColour
	}
	s.colour = form.Wax
	return nil
}

var options = strictjson.Options{MaxBytes: 1 << 16, Forms: map[reflect.Type]reflect.Type{reflect.TypeFor[sealed](): reflect.TypeFor[sealedForm]()}}

func TestUnmarshal(t *testing.T) {
	var got letter
	err := strictjson.Unmarshal([]byte(` {"to":"Pat","pages":2,"urgent":true,"written":"2026-01-02T03:04:05Z","stamps":[{"cents":5},{}],
		"extra":{"a":[1,"x",null,{"b":false}],"":null},"reply":{"cents":-1},"sealed":{"w\u0061x":"red"}} `), &got, options)
	if err != nil {
		t.Fatal(err)
	}
	if got.To != "Pat" || got.Pages != 2 || len(got.Stamps) != 2 || got.Reply.Cents != -1 || got.sealedColour() != "red" || got.hidden != 0 {
		t.Errorf("got %+v", got)
	}
}

func (l letter) sealedColour() string { return l.Sealed.colour }

func TestUnmarshal_NamesTheMember(t *testing.T) {
	deep := strings.Repeat("[", 20_000)
	for name, c := range map[string]struct{ document, path, problem string }{
		"nothing":           {"", "", "is no JSON: line 1, column 1"},
		"not closed":        {"{\"to\":\n\"x\"", "", "is no JSON: line 2"},
		"a comma too many":  {`{"to":"x",}`, "", "is no JSON: line 1, column 11"},
		"text behind it":    {`{"to":"x"} {}`, "", "is no JSON: line 1, column 12"},
		"Latin-1":           {"{\"to\":\"Caf\xe9\"}", "", "not UTF-8"},
		"a byte order mark": {"\ufeff{}", "", "is no JSON"},
		"too large":         {`{"to":"` + strings.Repeat("x", 1<<16) + `"}`, "", "larger than 65536 bytes"},
		"a depth bomb":      {deep, "", "is no JSON"},
		"a list":            {`[]`, "", "is a list: want an object"},
		"null":              {`null`, "", "is null"},
		"a number":          {`7`, "", "is a number: want an object"},
		"unknown":           {`{"to":"x","too":"y"}`, "too", "is unknown: want to, pages, urgent, written, stamps, extra, reply or sealed"},
		"letter case":       {`{"To":"x"}`, "To", "is unknown"},
		"not a member":      {`{"hidden":1}`, "hidden", "is unknown"},
		"left out":          {`{"Never":1}`, "Never", "is unknown"},
		"a name of nothing": {`{"":1}`, `[""]`, "is unknown"},
		"an odd name":       {`{"a\nb":1}`, `["a\nb"]`, "is unknown"},
		"a long name":       {`{"` + strings.Repeat("y", 9000) + `":1}`, `["` + strings.Repeat("y", 40) + `…"]`, "is unknown"},
		"twice":             {`{"to":"x","to":"y"}`, "to", "stands twice"},
		"twice, escaped":    {`{"stamps":[{"cents":1,"\u0063ents":2}]}`, "stamps[0].cents", "stands twice"},
		"twice in any":      {`{"extra":{"a":{"b":1,"b":2}}}`, "extra.a.b", "stands twice"},
		"null text":         {`{"to":null}`, "to", "is null: leave it out, or give it text"},
		"null list":         {`{"stamps":null}`, "stamps", "give it a list"},
		"null in a list":    {`{"stamps":[{},null]}`, "stamps[1]", "give it an object"},
		"null object":       {`{"reply":null}`, "reply", "give it an object"},
		"text for a number": {`{"pages":"2"}`, "pages", "is text: want a whole number"},
		"a number for text": {`{"to":2}`, "to", "is a number: want text"},
		"a fraction":        {`{"pages":2.5}`, "pages", "want a whole number"},
		"an exponent":       {`{"pages":1e1}`, "pages", "want a whole number"},
		"too many pages":    {`{"pages":99999999999999999999}`, "pages", "not too large"},
		"a huge number":     {`{"extra":{"a":[1e999]}}`, "extra.a[0]", "not too large"},
		"true for text":     {`{"to":true}`, "to", "is true or false: want text"},
		"an object":         {`{"stamps":{}}`, "stamps", "is an object: want a list"},
		"an object as text": {`{"written":{}}`, "written", "is an object: want text"},
		"a number as text":  {`{"written":1}`, "written", "is a number: want text"},
		"no time":           {`{"written":"soon"}`, "written", "is wrong: "},
		"a long time":       {`{"written":"` + strings.Repeat("1", 500) + `"}`, "written", "too long"},
		"deep in any":       {`{"extra":{"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}}`, "extra.a" + strings.Repeat("[0]", 32), "nested more than 32 deep"},
		"in a form":         {`{"sealed":{"wick":"red"}}`, "sealed.wick", "is unknown: want wax"},
		"a form's type":     {`{"sealed":7}`, "sealed", "want an object"},
	} {
		t.Run(name, func(t *testing.T) {
			var l letter
			err := strictjson.Unmarshal([]byte(c.document), &l, options)
			wrong, ok := errors.AsType[*strictjson.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if wrong.Path != c.path || !strings.Contains(wrong.Problem, c.problem) {
				t.Errorf("got %q %q, want %q %q", wrong.Path, wrong.Problem, c.path, c.problem)
			}
			if len(wrong.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(wrong.Error()))
			}
		})
	}
}

// What a type says about itself comes back as it is.
func TestUnmarshal_ErrorOfAType(t *testing.T) {
	var l letter
	if err := strictjson.Unmarshal([]byte(`{"sealed":{"wax":""}}`), &l, options); !errors.Is(err, errColour) {
		t.Errorf("got %v", err)
	}
}

func TestRead_Root(t *testing.T) {
	o := options
	o.Root = "letter"
	for document, want := range map[string]string{
		`{"stamps":[{"cents":""}]}`: "letter.stamps[0].cents is text",
		`[`:                         "letter is no JSON",
		`[]`:                        "letter is a list",
	} {
		var l letter
		if err := strictjson.Read(strings.NewReader(document), &l, o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}

type broken struct{}

var errDisk = errors.New("the disk does not answer")

func (broken) Read([]byte) (int, error) { return 0, errDisk }

func TestRead_ErrorOfReading(t *testing.T) {
	var l letter
	if err := strictjson.Read(broken{}, &l, options); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{`{"to":"x","stamps":[{"cents":1}],"extra":{"a":[null,1e3]}}`, `{"to":null}`, `[[[[`, `{"written":"2026-01-02T03:04:05Z"} `, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var l, loose letter
		err := strictjson.Unmarshal(data, &l, options)
		if _, ok := errors.AsType[*strictjson.Error](err); err != nil && !ok && !errors.Is(err, errColour) {
			t.Fatalf("an error of another kind: %v", err)
		}
		// Strictness only refuses: what passes reads as encoding/json reads it.
		if err == nil && (json.Unmarshal(data, &loose) != nil || !reflect.DeepEqual(l, loose)) {
			t.Fatalf("%+v, and encoding/json reads %+v", l, loose)
		}
	})
}
