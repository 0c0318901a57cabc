package myobae

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// What a decoder lets pass has everything that a decision needs, and nothing of
// what is never shown. No input may end it.

func FuzzDecodeClient(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := decodeClient(body)
		if err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 100 {
				t.Errorf("error may quote the answer: %q", err)
			}
			return
		}
		if c.UID == "" || c.Code == "" || c.Status == "" || c.RowVersion == "" {
			t.Errorf("client %+v", c)
		}
		for _, field := range c.ExtraFields {
			if isPersonal(field.Name) || field.Name == "" {
				t.Errorf("field %q", field.Name)
			}
			if found, ok := c.ExtraField(strings.ToUpper(field.Name)); strings.EqualFold(strings.ToUpper(field.Name), field.Name) && (!ok || found.IsSet() != field.IsSet()) {
				t.Errorf("field %q is not found by its name", field.Name)
			}
		}
		for _, list := range c.ExtraLists {
			if isPersonal(list.Name) {
				t.Errorf("list %q", list.Name)
			}
		}
		if bytes.Contains(body, []byte("null")) {
			return // a null that means "none" is written back as a value
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := decodeClient(again); err != nil || d.UID != c.UID || d.Code != c.Code || d.Status != c.Status || d.RowVersion != c.RowVersion || len(d.ExtraFields) != len(c.ExtraFields) {
			t.Errorf("%+v is read again as %+v, error %v", c, d, err)
		}
	})
}

func FuzzDecodeClientPage(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePage(body, decodeClient)
		if err != nil {
			return
		}
		if p.items == nil {
			t.Error("no Items is not none")
		}
		for _, c := range p.items {
			if c.UID == "" || c.RowVersion == "" {
				t.Errorf("client %+v", c)
			}
		}
	})
}

func FuzzDecodeDefinitionPage(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := decodePage(body, decodeDefinition)
		for _, d := range p.items {
			if err != nil || d.Name == "" || d.DataType == "" {
				t.Errorf("definition %+v, error %v", d, err)
			}
		}
	})
}

func FuzzDecodeInfo(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		var info Info
		if decode(body, &info, "Version", "Capabilities") == nil && info.Capabilities == nil {
			t.Error("no Capabilities are not none")
		}
	})
}

func FuzzDecodeClosePreflight(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		var p ClosePreflight
		if decode(body, &p, "Blockers", "Warnings") == nil && (p.Blockers == nil || p.Warnings == nil) {
			t.Errorf("preflight %+v", p)
		}
	})
}

func FuzzDecodeOperation(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := decodeOperation(body)
		if err == nil && (o.State == "" || !uidPattern.MatchString(string(o.UID))) {
			t.Errorf("operation %+v", o)
		}
	})
}

// A refusal that does not say RateLimitError never counts as throttling, since
// throttling has a write sent again.
func FuzzDecodeRefusal(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		r := decodeRefusal(body)
		if throttled(403, nil, body) && (r.Name != NameRateLimitError || !json.Valid(body)) {
			t.Errorf("throttled by %q", body)
		}
		if throttled(409, nil, body) {
			t.Error("throttled by a conflict")
		}
	})
}

// Whatever a link says, the next page is asked for at the list itself.
func FuzzNextQuery(f *testing.F) {
	base, err := url.Parse("https://ae-gateway.example.com/base/")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, link string) {
		query, err := nextQuery(base, "v1/Client", link)
		if err != nil {
			if query != "" {
				t.Errorf("query %q with error %v", query, err)
			}
			return
		}
		values, err := url.ParseQuery(query)
		if err != nil || (query == "") != (link == "") {
			t.Errorf("%q has the query %q, error %v", link, query, err)
		}
		if again := values.Encode(); again != query {
			t.Errorf("%q is written again as %q", query, again)
		}
		if strings.Contains(link, "://") && !strings.Contains(strings.ToLower(link), "ae-gateway.example.com/base/v1/client") && !strings.ContainsAny(link[:strings.Index(link, "://")], "?") {
			t.Errorf("%q is followed", link)
		}
	})
}

// What the value says is what a body holds, and what shows it.
func FuzzFieldValue(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string, shown []byte) {
		for _, value := range []FieldValue{TextValue(text), NumberValue(text)} {
			if value.raw == nil {
				continue
			}
			if !json.Valid(value.raw) || !value.shownBy(ExtraField{Value: value.raw}) {
				t.Errorf("%q is not shown by itself", value.raw)
			}
			if value.shownBy(ExtraField{Value: shown}) && !(ExtraField{Value: shown}).IsSet() {
				t.Errorf("%q is shown by %q, which is not set", value.raw, shown)
			}
		}
	})
}
