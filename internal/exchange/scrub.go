package exchange

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// scrubber replaces what an exchange says of anybody by something invented, and
// the same by the same. It keeps what it knows to be harmless and nothing else:
// the names of elements and fields, words like Yes and true, and the values of
// what keep lists. Of ids, dates, addresses and numbers only the form stays.
type scrubber struct {
	most  int               // elements of the same name in one; 0 for any number
	keep  map[string]bool   // "Status", or "Relationship>Type" where the name alone is not enough
	given map[string]string // by the original, in lower case
	count map[string]int    // of what was invented for a name
}

func newScrubber(keep []string) *scrubber {
	s := &scrubber{keep: map[string]bool{}, given: map[string]string{}, count: map[string]int{}}
	for _, name := range keep {
		s.keep[name] = true
	}
	return s
}

var (
	aUUID  = regexp.MustCompile(`(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$`)
	aWord  = regexp.MustCompile(`(?i)^(yes|no|true|false|null)$`)
	aCode  = regexp.MustCompile(`^[JIQ]\d{2,}$`) // a job, an invoice, a quote
	aDate  = regexp.MustCompile(`^\d{4}-?\d{2}-?\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z?)?$`)
	aMask  = regexp.MustCompile(`^\*{3,}`)
	static = regexp.MustCompile(`^([a-z]+([.-][a-z]+)*|\d\.\d)?$`) // an element of a path that is the same for all
)

// value is what stands for v, the value of name within parent.
func (s *scrubber) value(parent, name, v string) string {
	text := strings.TrimSpace(v)
	switch {
	case text == "" || aWord.MatchString(text):
		return v
	case aUUID.MatchString(text):
		return s.invent(text, "uuid", "00000000-0000-4000-8000-%012d")
	case aDate.MatchString(text):
		return dateLike(text)
	case s.keep[name] || s.keep[parent+">"+name]:
		return s.swept(v)
	case aCode.MatchString(text):
		return s.invent(text, "code", text[:1]+"%06d")
	case aMask.MatchString(text):
		return "******123"
	case strings.Contains(text, "://"):
		return s.link(text)
	case strings.Contains(text, "@"):
		return s.invent(text, "mail", "someone%d@example.com")
	}
	return s.invent(text, name, strings.ReplaceAll(name, "%", "")+"-%d")
}

// dateLike is one date in the form of another.
func dateLike(text string) string {
	const digits = "20200102030405000000000"
	out, n := []byte(text), 0
	for i, c := range out {
		if c >= '0' && c <= '9' {
			out[i] = digits[n%len(digits)]
			n++
		}
	}
	return string(out)
}

// invent returns what stands for the original, which is made up at first sight.
func (s *scrubber) invent(original, kind, format string) string {
	key := strings.ToLower(original)
	if s.given[key] == "" {
		s.count[kind]++
		s.given[key] = fmt.Sprintf(format, s.count[kind])
	}
	return s.given[key]
}

// swept is a text that may be kept, without what was replaced elsewhere.
func (s *scrubber) swept(text string) string {
	originals := make([]string, 0, len(s.given))
	for o := range s.given {
		if len(o) >= 3 && strings.Contains(strings.ToLower(text), o) {
			originals = append(originals, o)
		}
	}
	slices.SortFunc(originals, func(a, b string) int { return len(b) - len(a) })
	for _, o := range originals {
		text = regexp.MustCompile(`(?i)`+regexp.QuoteMeta(o)).ReplaceAllLiteralString(text, s.given[o])
	}
	return text
}

// link is an address at example.com. Only one of Xero's API keeps its form.
func (s *scrubber) link(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host != "api.xero.com" {
		return s.invent(text, "link", "https://example.com/%d")
	}
	out := url.URL{Scheme: "https", Host: u.Host, Path: s.path(u.Path), RawQuery: s.query(u.Query())}
	return out.String()
}

func (s *scrubber) path(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if !static.MatchString(p) {
			parts[i] = s.value("", "path", p)
		}
	}
	return strings.Join(parts, "/")
}

func (s *scrubber) query(q url.Values) string {
	for name, values := range q {
		for i, v := range values {
			values[i] = s.value("?", name, v)
		}
	}
	return q.Encode()
}

// body scrubs a document. One that is neither XML nor JSON is left out.
func (s *scrubber) body(b []byte) []byte {
	b = bytes.TrimSpace(b)
	switch {
	case len(b) == 0:
		return nil
	case b[0] == '<':
		if out, err := s.xml(b); err == nil {
			return out
		}
	case b[0] == '{' || b[0] == '[':
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		var v any
		if d.Decode(&v) == nil {
			if out, err := json.Marshal(s.json("", "", v)); err == nil {
				return out
			}
		}
	}
	return []byte("(left out: neither XML nor JSON)")
}

func (s *scrubber) json(parent, name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, inner := range v {
			v[k] = s.json(name, k, inner)
		}
	case []any:
		for i := range v {
			v[i] = s.json(parent, name, v[i])
		}
	case string:
		return s.value(parent, name, v)
	case json.Number:
		if !s.keep[name] {
			return 0
		}
	}
	return v
}

// xml scrubs texts and attributes. Comments and document types are left out.
func (s *scrubber) xml(b []byte) ([]byte, error) {
	var out bytes.Buffer
	var open []string
	parent := func(n int) string {
		if n > len(open) {
			return ""
		}
		return open[len(open)-n]
	}
	var seen []map[string]int // in each of open, how many elements of a name
	started := false          // a start tag is written, but for its end
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			if len(open) > 0 {
				return nil, io.ErrUnexpectedEOF
			}
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
		if _, isEnd := t.(xml.EndElement); started && !isEnd {
			out.WriteByte('>')
			started = false
		}
		switch t := t.(type) {
		case xml.ProcInst:
			if t.Target == "xml" {
				fmt.Fprintf(&out, "<?xml %s?>", t.Inst)
			}
		case xml.StartElement:
			if n := len(seen); n > 0 {
				if seen[n-1][t.Name.Local]++; s.most > 0 && seen[n-1][t.Name.Local] > s.most {
					if err := skip(d); err != nil {
						return nil, err
					}
					continue
				}
			}
			seen = append(seen, map[string]int{})
			open = append(open, qualified(t.Name))
			fmt.Fprintf(&out, "<%s", qualified(t.Name))
			for _, a := range t.Attr {
				fmt.Fprintf(&out, ` %s="`, qualified(a.Name))
				xml.EscapeText(&out, []byte(s.value(qualified(t.Name), qualified(a.Name), a.Value)))
				out.WriteByte('"')
			}
			started = true
		case xml.EndElement:
			if len(open) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			seen = seen[:len(seen)-1]
			if open = open[:len(open)-1]; started {
				out.WriteString("/>")
				started = false
			} else {
				fmt.Fprintf(&out, "</%s>", qualified(t.Name))
			}
		case xml.CharData:
			xml.EscapeText(&out, []byte(s.value(parent(2), parent(1), string(t))))
		}
	}
}

// skip passes over the rest of the element that d has just opened.
func skip(d *xml.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := d.RawToken()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}
