package strictjson

import (
	"regexp"
	"strconv"
	"strings"
)

// plain is a name that needs no quotes in a path.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// path writes where the walk is: members behind a dot, elements in brackets. A
// name that is no plain word is quoted, and cut where it is long.
func (w *walker) path() string {
	var b strings.Builder
	b.WriteString(w.rooted)
	for _, s := range w.at {
		switch {
		case !s.member:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case plain.MatchString(s.name) && b.Len() == 0:
			b.WriteString(s.name)
		case plain.MatchString(s.name):
			b.WriteString("." + s.name)
		default:
			b.WriteString("[" + Quote(s.name) + "]")
		}
	}
	return b.String()
}

// Quote quotes text from a document for an error, and cuts it where it is long.
func Quote(s string) string {
	const long = 40
	if runes := []rune(s); len(runes) > long {
		s = string(runes[:long]) + "…"
	}
	return strconv.Quote(s)
}
