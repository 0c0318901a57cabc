package xpm

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"
)

// bodies are the bodies of the answers in the exchanges.
func bodies(f *testing.F) (all []string) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatal("no exchanges", err)
	}
	for _, name := range files {
		a, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range a.Files {
			if _, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && section.Name == "response" {
				all = append(all, strings.TrimSuffix(body, "\n"))
			}
		}
	}
	return all
}

// tokens are what reads as text and elements; pieces of one text are joined.
func tokens(r xml.TokenReader) (all []xml.Token, err error) {
	for {
		t, err := r.Token()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch t := t.(type) {
		case xml.CharData:
			if before, ok := last(all).(xml.CharData); ok {
				all[len(all)-1] = append(before, t...)
			} else if len(t) > 0 {
				all = append(all, t.Copy())
			}
		case xml.StartElement:
			if t = t.Copy(); len(t.Attr) == 0 {
				t.Attr = nil
			}
			all = append(all, t)
		case xml.EndElement:
			all = append(all, t)
		}
	}
}

func last(all []xml.Token) xml.Token {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// standard is what encoding/xml makes of a document that the lexer may take.
type standard struct {
	*xml.Decoder
	depth int
}

var errStricter = errors.New("ours is stricter")

func (s *standard) Token() (xml.Token, error) {
	t, err := s.RawToken()
	switch t := t.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > maxDepth {
			return nil, errStricter
		}
	case xml.EndElement:
		s.depth--
	case xml.Directive:
		return nil, errStricter
	case xml.ProcInst:
		if strings.Count(t.Target, ":") > 1 || t.Target == "xml" && !usual().Match(bytes.TrimSpace(t.Inst)) {
			return nil, errStricter
		}
	}
	return t, err
}

// one gives a byte at a time, so that every token spans two reads.
type one struct{ io.Reader }

func (o one) Read(p []byte) (int, error) { return o.Reader.Read(p[:min(len(p), 1)]) }

// The lexer and that of encoding/xml agree on every document, but for letters
// that Unicode does not allow in names.
func FuzzLexer(f *testing.F) {
	for _, body := range bodies(f) {
		f.Add(body)
	}
	for _, seed := range []string{
		"\ufeff<?xml version='1.0' encoding='utf-8'?><a x:b='&lt;\r\n' c=\"]]>\"/>", "<a>]]&gt;&#x10FFFF;&#0;</a>",
		"<a><![CDATA[]]]]><![CDATA[>\r]]></a><!-- - -->", "<a:b:c/>", "<!DOCTYPE a><a/>", "<a b=c/>", "<?xml version='1.1'?><a/>",
		"<a>\xff</a>", "<a>\ufffe</a>", "<?a ?>", "<:/>", "<a:></a:>", "&amp", "<a><!-- -- --></a>", "x", "<a\r/>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		ours, err := tokens(newLexer(nil, strings.NewReader(body)))
		used := newLexer(nil, strings.NewReader("<A><b:c d='1'>]]&amp;"))
		_, _ = tokens(used)
		bytewise, bytewiseErr := tokens(newLexer(used, one{strings.NewReader(body)}))
		if !slices.EqualFunc(ours, bytewise, equal) || (err == nil) != (bytewiseErr == nil) {
			t.Fatalf("in one read %v, %v\nbytewise    %v, %v", ours, err, bytewise, bytewiseErr)
		}
		rest := strings.TrimPrefix(body, "\ufeff")
		theirs, theirErr := tokens(&standard{Decoder: xml.NewDecoder(strings.NewReader(rest))})
		if !ascii(rest) && (err == nil) != (theirErr == nil) {
			return
		}
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("ours %v, encoding/xml %v", err, theirErr)
		}
		if err == nil && !slices.EqualFunc(ours, theirs, equal) {
			t.Fatalf("ours         %v\nencoding/xml %v", ours, theirs)
		}
	})
}

func equal(a, b xml.Token) bool {
	switch a := a.(type) {
	case xml.CharData:
		b, ok := b.(xml.CharData)
		return ok && bytes.Equal(a, b)
	case xml.StartElement:
		b, ok := b.(xml.StartElement)
		return ok && a.Name == b.Name && slices.Equal(a.Attr, b.Attr)
	}
	return a == b
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// Whatever comes, reading ends without a panic; what is taken is a whole
// document that encoding/xml takes too, with one Status of OK; and a part that
// was handed out of a refused answer came before the refusal.
func FuzzEnvelope(f *testing.F) {
	for _, body := range bodies(f) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		clients := 0
		err := readEnvelope(strings.NewReader(body), envelope{required: "Clients", element: 1 << 20, parts: map[string]part{
			"Clients": each("Client", func(a *answer, start xml.StartElement) error {
				c, err := readClient(a.Decoder, start)
				if err == nil && c.UUID == "" {
					t.Error("a client without UUID")
				}
				clients++
				return err
			}),
		}})
		for _, element := range []string{"Client", "Job"} {
			one := readEnvelope(strings.NewReader(body), envelope{parts: map[string]part{element: func(a *answer, start xml.StartElement) error {
				if element == "Job" {
					_, err := readJob(a.Decoder, start)
					return err
				}
				_, err := readClient(a.Decoder, start)
				return err
			}}})
			if one != nil && !errors.Is(one, ErrInvalid) && !errors.Is(one, ErrNotFound) {
				t.Errorf("%s: not a kind of error: %v", element, one)
			}
		}
		sayings([]byte(body))
		if err != nil {
			if !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrTooLarge) {
				t.Errorf("not a kind of error: %v", err)
			}
			return
		}
		var whole struct {
			XMLName xml.Name `xml:"Response"`
			Status  []string
			Clients []struct{ Client []struct{ UUID string } }
		}
		if err := xml.Unmarshal([]byte(strings.TrimPrefix(body, "\ufeff")), &whole); err != nil && ascii(body) {
			t.Fatal("encoding/xml refuses it:", err)
		} else if err == nil && (len(whole.Status) != 1 || !isOK(whole.Status[0]) || len(whole.Clients) != 1 || len(whole.Clients[0].Client) != clients) {
			t.Errorf("%d clients of %+v", clients, whole)
		}
	})
}

// Every value takes every text, and what it says of it is consistent.
func FuzzValues(f *testing.F) {
	for _, body := range bodies(f) {
		d := xml.NewDecoder(strings.NewReader(body))
		for t, err := d.RawToken(); err == nil; t, err = d.RawToken() {
			if text, ok := t.(xml.CharData); ok {
				f.Add(string(text))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		trimmed := strings.TrimSpace(text)
		var at DateTime
		if err := at.UnmarshalText([]byte(text)); err != nil || at.Text != trimmed || at.IsZero() != (trimmed == "") {
			t.Errorf("DateTime %+v of %q: %v", at, text, err)
		}
		var flag Flag
		if err := flag.UnmarshalText([]byte(text)); err != nil || flag.Bool() != (strings.EqualFold(trimmed, "yes") || strings.EqualFold(trimmed, "true")) {
			t.Errorf("Flag %q of %q: %v", flag, text, err)
		}
		var id ClientUUID
		if err := id.UnmarshalText([]byte(text)); err != nil || !strings.EqualFold(string(id), strings.ToLower(trimmed)) {
			t.Errorf("ClientUUID %q of %q: %v", id, text, err)
		}
		var amount Decimal
		if err := amount.UnmarshalText([]byte(text)); err != nil || string(amount) != trimmed {
			t.Errorf("Decimal %q of %q: %v", amount, text, err)
		}
		var tax MaskedTaxNumber
		if err := tax.UnmarshalText([]byte(text)); err != nil || strings.Trim(string([]rune(string(tax))[:max(0, utf8.RuneCountInString(string(tax))-3)]), "*") != "" {
			t.Errorf("MaskedTaxNumber %q of %q: %v", tax, text, err)
		}
		if lines := trimLines(text); lines != strings.TrimSpace(lines) && !strings.ContainsAny(text, "\n\r") {
			t.Errorf("lines %q of %q", lines, text)
		}
	})
}

// A link to the next page gives its token or an error, and nothing else of it.
func FuzzPageLink(f *testing.F) {
	for _, body := range bodies(f) {
		if _, link, ok := strings.Cut(body, "<Next>"); ok {
			link, _, _ = strings.Cut(link, "</Next>")
			f.Add(strings.ReplaceAll(link, "&amp;", "&"))
		}
	}
	for _, link := range []string{"", " ", "?pageToken=a", "//evil.example/?pageToken=%00", "?pageToken=a;b", "?pageToken=", "?pageToken=a&pageToken=b", "%", "?a&amp;pageToken=c"} {
		f.Add(link)
	}
	f.Fuzz(func(t *testing.T, link string) {
		token, err := pageToken(link)
		switch {
		case err != nil && (token != "" || !errors.Is(err, ErrInvalid)):
			t.Errorf("%q with %v", token, err)
		case err == nil && (token == "") != (strings.TrimSpace(link) == ""):
			t.Errorf("token %q of %q", token, link)
		}
		if back, err := url.ParseQuery(url.Values{"pageToken": {token}}.Encode()); err != nil || back.Get("pageToken") != token {
			t.Errorf("%q does not go out as it came: %v", token, err)
		}
	})
}
