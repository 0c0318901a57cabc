package filejournal

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Head names the state of a journal: how many lines it has, and the checksum of
// the last one, which by the chain stands for all of them. The zero Head is that
// of an empty journal. Heads of equal journals are equal (==).
type Head struct {
	Lines int
	Sum   [32]byte
}

// String is the text form, one word of letters, digits and a hyphen:
//
//	214-8f14e45fceea167a5a36dedd4bea2543f8f14e45fceea167a5a36dedd4bea254
func (h Head) String() string { return strconv.Itoa(h.Lines) + "-" + hex.EncodeToString(h.Sum[:]) }

// ParseHead reads the text form. White space anywhere in it does not count,
// since mail programs wrap long words, and neither do capitals.
func ParseHead(text string) (Head, error) {
	word := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text))
	digits, digest, ok := strings.Cut(word, "-")
	n, err := strconv.Atoi(digits)
	sum, notHex := hex.DecodeString(digest)
	h := Head{Lines: n}
	if !ok || err != nil || notHex != nil || strconv.Itoa(n) != digits || n < 0 || copy(h.Sum[:], sum) != len(h.Sum) || len(sum) != len(h.Sum) {
		return Head{}, fmt.Errorf("%.80q is no head of a journal: want the number of lines, a hyphen and 64 hexadecimal digits", text)
	}
	if n == 0 && h != (Head{}) {
		return Head{}, fmt.Errorf("%.80q is no head of a journal: one without lines has a checksum of zeros", text)
	}
	return h, nil
}

// MarshalText gives the text form.
func (h Head) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads the text form as ParseHead does.
func (h *Head) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHead(string(text))
	return err
}
