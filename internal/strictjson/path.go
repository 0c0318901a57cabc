package strictjson

import (
	"regexp"
	"strconv"
)

// plain is a name that needs no quotes in a path.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,63}$`)

// path writes where the walk is: members behind a dot, elements in brackets. A
// member's name that is no plain word is quoted, and cut where it is long.
func (w *walker) path() string {
	path := w.rooted
	for _, s := range w.at {
		if s.member {
			path = Member(path, s.name)
		} else {
			path += "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return path
}

// Member is the path to a member of what another path leads to.
func Member(path, name string) string {
	switch {
	case !plain.MatchString(name):
		return path + "[" + Quote(name) + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

// Quote quotes text from a document for an error, and cuts it where it is long.
func Quote(s string) string {
	const long = 40
	if runes := []rune(s); len(runes) > long {
		s = string(runes[:long]) + "…"
	}
	return strconv.Quote(s)
}
