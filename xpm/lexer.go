package xpm

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth  = 100     // nesting of elements; XPM's own answers stay under ten
	readAhead = 8 << 10 // bytes
	maxNames  = 512     // that are remembered; XPM has about two hundred
	maxName   = 64      // bytes of a name that is remembered
)

// lexer reads the tokens of an answer from its raw bytes, for the decoder of
// encoding/xml to match and to decode. It takes what that package's own lexer
// takes and gives the same tokens, without comments and instructions, as
// FuzzLexer holds it to; but it makes each name only once, and names are half of
// what XPM sends, so that decoding takes about half of the time. It refuses what
// the standard library lets through: a document type, nesting without bound, a
// declaration that is not the usual one, and an instruction with two colons in
// its name.
type lexer struct {
	src    io.Reader
	buf    []byte // buf[pos:end] is read and not used
	pos    int
	end    int
	before int64 // bytes before buf
	err    error // of src

	names map[string]*name
	word  []byte // a name that spans two reads
	kept  []byte // a text that does not stand in buf as it is
	open  *name  // of an empty element, whose end is still to be told
	depth int
}

// name is a name that occurred, with the tokens that are no more than it.
type name struct {
	xml.Name
	start, end xml.Token
}

// errSyntax is XML that is not well-formed. Its reader says where.
var errSyntax = errors.New("not well-formed XML")

// newLexer returns a lexer for src, which may be one that is used again.
func newLexer(used *lexer, src io.Reader) *lexer {
	l := used
	if l == nil {
		l = &lexer{buf: make([]byte, readAhead), names: make(map[string]*name, 64)}
	}
	*l = lexer{src: src, buf: l.buf, names: l.names, word: l.word, kept: l.kept}
	// A byte order mark is passed over.
	l.end, l.err = io.ReadAtLeast(src, l.buf, 3)
	if l.err == io.ErrUnexpectedEOF {
		l.err = io.EOF
	}
	if bytes.HasPrefix(l.buf[:l.end], []byte("\xef\xbb\xbf")) {
		l.pos = 3
	}
	return l
}

// release makes l fit to be used again: it holds on to nothing large.
func (l *lexer) release() *lexer {
	l.src = nil
	if cap(l.kept) > 8*readAhead {
		l.kept = nil
	}
	if cap(l.word) > readAhead {
		l.word = nil
	}
	return l
}

// offset is how far the answer has been used.
func (l *lexer) offset() int64 { return l.before + int64(l.pos) }

// fill makes sure that a byte can be had. When it cannot, err says why.
func (l *lexer) fill() bool {
	for tries := 0; l.pos == l.end; tries++ {
		if l.err != nil {
			return false
		}
		l.before += int64(l.end)
		l.pos = 0
		if l.end, l.err = l.src.Read(l.buf); tries == 100 && l.end == 0 && l.err == nil {
			l.err = io.ErrNoProgress
		}
	}
	return true
}

// next returns the next byte.
func (l *lexer) next() (byte, error) {
	if !l.fill() {
		return 0, l.broken()
	}
	l.pos++
	return l.buf[l.pos-1], nil
}

// broken is why a token cannot be read to its end.
func (l *lexer) broken() error {
	if l.err == io.EOF {
		return errSyntax
	}
	return l.err
}

// Token returns the next token as it is in the document; the decoder above
// matches starts with ends. Text is good until the next call.
func (l *lexer) Token() (xml.Token, error) {
	if l.open != nil {
		t := l.open.end
		l.open = nil
		l.depth--
		return t, nil
	}
	for {
		if !l.fill() {
			return nil, l.err
		}
		if l.buf[l.pos] != '<' {
			text, err := l.text('<')
			if err != nil {
				return nil, err
			}
			return xml.CharData(text), nil
		}
		l.pos++
		c, err := l.next()
		if err != nil {
			return nil, err
		}
		switch c {
		case '/':
			return l.endElement()
		case '?':
			err = l.instruction()
		case '!':
			var text []byte
			var isText bool
			if text, isText, err = l.declaration(); isText && err == nil {
				return xml.CharData(text), nil
			}
		default:
			l.pos--
			return l.startElement()
		}
		if err != nil {
			return nil, err
		}
	}
}

func (l *lexer) startElement() (xml.Token, error) {
	n, err := l.name()
	if err != nil {
		return nil, err
	}
	if l.depth++; l.depth > maxDepth {
		return nil, malformed("nested too deeply")
	}
	var attrs []xml.Attr
	for {
		switch c, err := l.afterSpace(); {
		case err != nil:
			return nil, err
		case c == '/':
			l.open = n
			if c, err = l.next(); err != nil || c != '>' {
				return nil, l.not(err)
			}
			fallthrough
		case c == '>':
			if attrs == nil {
				return n.start, nil
			}
			return xml.StartElement{Name: n.Name, Attr: attrs}, nil
		}
		l.pos--
		a, err := l.attribute()
		if err != nil {
			return nil, err
		}
		attrs = append(attrs, a)
	}
}

func (l *lexer) attribute() (xml.Attr, error) {
	n, err := l.name()
	if err != nil {
		return xml.Attr{}, err
	}
	if c, err := l.afterSpace(); err != nil || c != '=' {
		return xml.Attr{}, l.not(err)
	}
	quote, err := l.afterSpace()
	if err != nil || quote != '"' && quote != '\'' {
		return xml.Attr{}, l.not(err)
	}
	value, err := l.text(quote)
	if err != nil {
		return xml.Attr{}, err
	}
	a := xml.Attr{Name: n.Name, Value: string(value)}
	l.pos++ // the quote
	return a, nil
}

func (l *lexer) endElement() (xml.Token, error) {
	n, err := l.name()
	if err != nil {
		return nil, err
	}
	if c, err := l.afterSpace(); err != nil || c != '>' {
		return nil, l.not(err)
	}
	l.depth--
	return n.end, nil
}

// not is the error for a byte that may not stand where it does.
func (l *lexer) not(err error) error {
	if err == nil {
		err = errSyntax
	}
	return err
}

// afterSpace returns the next byte that is not white space.
func (l *lexer) afterSpace() (byte, error) {
	for {
		c, err := l.next()
		if err != nil || c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c, err
		}
	}
}

// name reads the name of an element or an attribute, with its prefix.
func (l *lexer) name() (*name, error) {
	raw := l.word[:0]
	for {
		if !l.fill() {
			return nil, l.broken()
		}
		i := l.pos
		for i < l.end && inName(l.buf[i]) {
			i++
		}
		part := l.buf[l.pos:i]
		l.pos = i
		if i < l.end && len(raw) == 0 {
			raw = part
			break
		}
		raw = append(raw, part...)
		l.word = raw
		if i < l.end {
			break
		}
	}
	if n := l.names[string(raw)]; n != nil {
		return n, nil
	}
	if len(raw) == 0 || !startsName(raw[0]) || !utf8.Valid(raw) || bytes.Count(raw, []byte(":")) > 1 {
		return nil, errSyntax
	}
	whole := string(raw)
	n := &name{Name: xml.Name{Local: whole}}
	if space, local, ok := strings.Cut(whole, ":"); ok && space != "" && local != "" {
		n.Name = xml.Name{Space: space, Local: local}
	}
	n.start, n.end = xml.StartElement{Name: n.Name}, xml.EndElement{Name: n.Name}
	if len(l.names) < maxNames && len(whole) <= maxName {
		l.names[whole] = n
	}
	return n, nil
}

func startsName(c byte) bool {
	return c|0x20-'a' < 26 || c == '_' || c == ':' || c >= utf8.RuneSelf
}

func inName(c byte) bool {
	return startsName(c) || c-'0' < 10 || c == '-' || c == '.'
}
