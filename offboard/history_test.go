package offboard

import (
	"strings"
	"testing"
)

// R2: rows are records and no lines; a file that is cut short or no CSV is an
// error, and the mark with which some programs begin a file is none of its text.
func TestCountRows(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want int // -1: an error
	}{
		"header only":           {"Date,Event\n", 0},
		"rows":                  {"Date,Event\n1,a\n2,b\n", 2},
		"no last line break":    {"Date,Event\n1,a", 1},
		"a line break in a row": {"Date,Event\n1,\"a\nb\"\n", 1},
		"a mark":                {"\ufeffDate,Event\n1,a\n", 1},
		"a mark and a quote":    {"\ufeff\"Date\",\"Event\"\r\n1,a\r\n", 1},
		"a mark only":           {"\ufeff", -1},
		"empty":                 {"", -1},
		"an open quote":         {"Date,Event\n1,\"a\n", -1},
		"a field is missing":    {"Date,Event\n1\n", -1},
		"a page in its place":   {"<html>\n<a href=\"x,y\">\n", -1},
	} {
		got, err := countRows(strings.NewReader(c.text))
		if err != nil {
			got = -1
		}
		if got != c.want {
			t.Errorf("%s: %d rows, want %d (%v)", name, got, c.want, err)
		}
	}
}
