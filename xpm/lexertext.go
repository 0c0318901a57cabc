package xpm

import (
	"bytes"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// text reads what stands before stop, which is the next tag or a quote, and does
// not use stop itself. Text that ends with the document is text too.
func (l *lexer) text(stop byte) ([]byte, error) {
	kept, odd, brackets := l.kept[:0], false, 0
	for {
		i := l.pos
		for i < l.end && isPlain(l.buf[i]) {
			i++
		}
		run := l.buf[l.pos:i]
		if l.pos = i; len(run) > 0 {
			brackets = 0
		}
		if i < l.end && l.buf[i] == stop && len(kept) == 0 {
			return run, nil // as it is in buf, which is the common case
		}
		kept = append(kept, run...)
		if !l.fill() {
			if l.err != io.EOF || stop != '<' {
				return nil, l.broken()
			}
			return l.legal(kept, odd)
		}
		if i != l.pos { // the rest is in the next read
			continue
		}
		c := l.buf[i]
		if c == stop {
			return l.legal(kept, odd)
		}
		l.pos++
		switch {
		case c == '<', c == '>' && stop == '<' && brackets > 1:
			return nil, errSyntax
		case c == '&':
			var err error
			if kept, err = l.reference(kept); err != nil {
				return nil, err
			}
			odd, brackets = true, 0
			continue
		case c == '\r':
			c, brackets = l.newline(), 0
		case c == ']':
			brackets++
		default:
			odd, brackets = true, 0
		}
		kept = append(kept, c)
	}
}

// newline is what a carriage return stands for, with the line feed behind it.
func (l *lexer) newline() byte {
	if l.fill() && l.buf[l.pos] == '\n' {
		l.pos++
	}
	return '\n'
}

// legal returns text if XML may hold its characters; only odd ones are looked at.
func (l *lexer) legal(text []byte, odd bool) ([]byte, error) {
	l.kept = text
	for odd && len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return nil, errSyntax
		}
		text = text[size:]
	}
	return l.kept, nil
}

// reference reads a reference to a character and puts the character behind text.
func (l *lexer) reference(text []byte) ([]byte, error) {
	var ref []byte
	for {
		c, err := l.next()
		if err != nil || len(ref) == len("#x0000010FFFF") {
			return nil, l.not(err)
		}
		if c == ';' {
			break
		}
		ref = append(ref, c)
	}
	switch string(ref) {
	case "lt":
		return append(text, '<'), nil
	case "gt":
		return append(text, '>'), nil
	case "amp":
		return append(text, '&'), nil
	case "quot":
		return append(text, '"'), nil
	case "apos":
		return append(text, '\''), nil
	}
	digits, ok := strings.CutPrefix(string(ref), "#")
	base := 10
	if hex, isHex := strings.CutPrefix(digits, "x"); isHex {
		digits, base = hex, 16
	}
	r, err := strconv.ParseUint(digits, base, 32)
	if !ok || err != nil || r > utf8.MaxRune {
		return nil, errSyntax
	}
	return utf8.AppendRune(text, rune(r)), nil
}

// declaration reads on behind "<!": a comment, or a section of text.
func (l *lexer) declaration() (text []byte, isText bool, err error) {
	c, err := l.next()
	switch {
	case err != nil:
		return nil, false, err
	case c == '-':
		if c, err = l.next(); err != nil || c != '-' {
			return nil, false, l.not(err)
		}
		if _, err = l.until("--", false); err == nil {
			if c, err = l.next(); err != nil || c != '>' {
				err = l.not(err)
			}
		}
		return nil, false, err
	case c == '[':
		for _, want := range []byte("CDATA[") {
			if c, err = l.next(); err != nil || c != want {
				return nil, false, l.not(err)
			}
		}
		if text, err = l.until("]]>", true); err == nil {
			text, err = l.legal(text, true)
		}
		return text, true, err
	}
	return nil, false, malformed("one with a document type")
}

// until reads what stands before stop, and stop.
func (l *lexer) until(stop string, newlines bool) ([]byte, error) {
	text := l.kept[:0]
	for {
		c, err := l.next()
		if err != nil {
			return nil, err
		}
		// A carriage return cannot stand within any stop.
		if c == '\r' && newlines {
			c = l.newline()
		}
		text = append(text, c)
		if c == stop[len(stop)-1] && strings.HasSuffix(string(text[max(0, len(text)-len(stop)):]), stop) {
			l.kept = text
			return text[:len(text)-len(stop)], nil
		}
	}
}

// usual is the declaration that XPM is known to send, and what may vary in it.
var usual = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^version=["']1\.0["'](\s+encoding=["'](?i:utf-8)["'])?(\s+standalone=["'](yes|no)["'])?\s*$`)
})

// instruction reads on behind "<?". Nothing in an answer is meant for XPM's
// clients but the declaration, which may change the encoding.
func (l *lexer) instruction() error {
	n, err := l.name()
	if err != nil {
		return err
	}
	text, err := l.until("?>", false)
	if err != nil {
		return err
	}
	if n.Space == "" && n.Local == "xml" && !usual().Match(bytes.TrimSpace(text)) {
		return malformed("one in another XML or encoding than UTF-8")
	}
	return nil
}

// isPlain tells whether c stands for itself wherever text is.
func isPlain(c byte) bool {
	const low = (1<<64 - 1<<' ' | 1<<'\t' | 1<<'\n') &^ (1<<'<' | 1<<'>' | 1<<'&' | 1<<'"' | 1<<'\'')
	if c < 64 {
		return uint64(low)>>c&1 != 0
	}
	return c < utf8.RuneSelf && c != ']'
}
