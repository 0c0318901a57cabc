package xpm

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
)

// errStop ends the reading of an answer early: the caller has seen enough.
var errStop = errors.New("stopped")

// part reads one child of Response. It consumes the element whole.
type part func(a *answer, start xml.StartElement) error

// envelope says what is wanted of an answer.
type envelope struct {
	required string          // the part that must be there; "" for none
	parts    map[string]part // each occurs at most once
	bare     bool            // the root may be something other than Response, and then says no Status; it is the required part itself, if there is one
	element  int64           // bytes that one element of a list may have; 0 for as many as the answer
	lexers   *sync.Pool      // of lexers that may be used, since they know XPM's names by now; nil for none
}

// answer is an answer while it is being read.
type answer struct {
	*xml.Decoder
	lex *lexer // beneath, which knows the position
	src *source
}

// readEnvelope reads an answer of XPM as it arrives, part by part:
//
//	<Response api-method="Get"><Status>OK</Status><Client>…</Client></Response>
//
// Nothing counts until the end has been read: a Status that is missing, repeated
// or unknown, a required part that is missing, an answer that breaks off or goes
// on behind its root are errors, though parts may have been handed out by then.
// A part is not read once Status has said ERROR.
func readEnvelope(body io.Reader, want envelope) error {
	a := newAnswer(body, want)
	if want.lexers != nil {
		defer func() { want.lexers.Put(a.lex.release()) }()
	}
	err := a.read(want)
	switch {
	case err == nil || errors.Is(err, errStop):
		return err
	case a.src.err != nil: // the cause of whatever the decoder made of it
		return a.src.err
	case errors.Is(err, ErrInvalid) || errors.Is(err, ErrNotFound): // malformed or refused
		return err
	}
	// The decoder's own texts quote the document.
	return malformed(fmt.Sprintf("not well-formed XML, at byte %d", a.lex.offset()))
}

func newAnswer(body io.Reader, want envelope) *answer {
	src := &source{r: body, element: want.element}
	src.mark()
	var used *lexer
	if want.lexers != nil {
		used, _ = want.lexers.Get().(*lexer)
	}
	l := newLexer(used, src)
	return &answer{xml.NewTokenDecoder(l), l, src}
}

func (a *answer) read(want envelope) error {
	root, err := a.root()
	if err != nil {
		return err
	}
	if root.Name.Local != "Response" {
		if !want.bare {
			return malformed("not a Response of XPM")
		}
		read := func(a *answer, _ xml.StartElement) error { return a.Skip() }
		if want.required != "" {
			if read = want.parts[root.Name.Local]; root.Name.Local != want.required {
				return malformed("neither a Response of XPM nor " + want.required)
			}
		}
		if err := read(a, root); err != nil {
			return err
		}
		return a.end()
	}
	var status, description string
	seen := map[string]bool{}
	for {
		start, err := a.next()
		if err != nil {
			return err
		}
		if start == nil {
			break
		}
		name := start.Name.Local
		read, wanted := want.parts[name]
		if seen[name] && (wanted || name == "Status" || name == "ErrorDescription") {
			return malformed("one with a repeated " + name)
		}
		switch {
		case name == "Status":
			err = a.DecodeElement(&status, start)
		case name == "ErrorDescription":
			err = a.DecodeElement(&description, start)
		case !wanted || seen["Status"] && !isOK(status):
			err = a.Skip()
		default:
			err = read(a, *start)
		}
		if err != nil {
			return err
		}
		seen[name] = true
		a.src.mark()
	}
	if err := a.end(); err != nil {
		return err
	}
	switch {
	case strings.EqualFold(strings.TrimSpace(status), "ERROR"):
		return &refusal{strings.TrimSpace(description)}
	case !isOK(status):
		return malformed("one without a Status of OK or ERROR")
	case want.required != "" && !seen[want.required]:
		return malformed("one without " + want.required)
	}
	return nil
}

func isOK(status string) bool { return strings.EqualFold(strings.TrimSpace(status), "OK") }

// root finds the first element.
func (a *answer) root() (xml.StartElement, error) {
	for {
		t, err := a.Token()
		if err == io.EOF {
			return xml.StartElement{}, malformed("empty")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, nil
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return xml.StartElement{}, malformed("not XML")
			}
		}
	}
}

// next returns the next child of the element that is open, or nil at its end.
// Text between children means nothing and is passed over.
func (a *answer) next() (*xml.StartElement, error) {
	for {
		t, err := a.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return &t, nil
		case xml.EndElement:
			return nil, nil
		}
	}
}

// end makes sure that nothing follows the root.
func (a *answer) end() error {
	for {
		t, err := a.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return malformed("more than one document")
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return malformed("one with something behind its end")
			}
		}
	}
}

// each makes a part of the children named item, or of all if item is empty,
// handing each to read.
func each(item string, read func(a *answer, start xml.StartElement) error) part {
	return func(a *answer, _ xml.StartElement) error {
		for {
			start, err := a.next()
			if err != nil || start == nil {
				return err
			}
			a.src.mark()
			if item == "" || start.Name.Local == item {
				err = read(a, *start)
			} else {
				err = a.Skip()
			}
			if err != nil {
				return err
			}
		}
	}
}

// source remembers how reading failed, apart from what the decoder makes of it,
// and bounds what one element can make the decoder hold.
type source struct {
	r       io.Reader
	element int64 // bytes of one element; 0 for no bound
	left    int64 // bytes until the element is too large
	err     error
}

// mark begins an element. Some of its bytes, and of those behind it, are read
// ahead.
func (s *source) mark() { s.left = s.element + readAhead }

func (s *source) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	if s.left -= int64(n); s.left < 0 && s.element > 0 {
		s.err = fmt.Errorf("%w: one element of the list", ErrTooLarge)
		return 0, s.err
	}
	return n, err
}

// checkContentType refuses an answer that says it is something other than XML:
// a login page is not to be read as a list of clients. No Content-Type is let
// through, since some answers of Xero have none.
func checkContentType(h http.Header) error {
	v := h.Get("Content-Type")
	if v == "" {
		return nil
	}
	if t, _, err := mime.ParseMediaType(v); err == nil && (t == "text/xml" || t == "application/xml") {
		return nil
	}
	return malformed("not XML, by its Content-Type")
}
