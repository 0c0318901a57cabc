package filejournal

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// Security: no cell of the derived copy is a formula.
func TestSpreadsheetCopy(t *testing.T) {
	cells := []string{"Date", "=1+1", "+61 2 5550 0000", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "", "a=b", " =1", "'quoted'", `say "x", y`, "two\nlines", "=HYPERLINK(\"x\")"}
	want := []string{"Date", "'=1+1", "'+61 2 5550 0000", "'-5", "'@SUM(A1)", "'\t=1", "'\r=1", "'\n=1", "", "a=b", " =1", "'quoted'", `say "x", y`, "two\nlines", "'=HYPERLINK(\"x\")"}
	var in, out bytes.Buffer
	w := csv.NewWriter(&in)
	if err := w.Write(cells); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	// The mark would hide what the first cell begins with.
	for _, prefix := range []string{"", byteOrderMark} {
		out.Reset()
		if err := spreadsheetCopy(&out, strings.NewReader(prefix+in.String()+"=2,short\n")); err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(&out)
		r.FieldsPerRecord = -1
		got, err := r.ReadAll()
		if err != nil || len(got) != 2 || !slices.Equal(got[0], want) || !slices.Equal(got[1], []string{"'=2", "short"}) {
			t.Errorf("%q, %v", got, err)
		}
	}
	out.Reset()
	if err := spreadsheetCopy(&out, strings.NewReader(byteOrderMark+`"=1",x`)); err != nil || out.String() != "'=1,x\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if err := spreadsheetCopy(&out, strings.NewReader("a\n\"half")); err == nil {
		t.Error("half a file is copied")
	}
	if err := spreadsheetCopy(&out, strings.NewReader("")); err != nil {
		t.Error(err)
	}
}
