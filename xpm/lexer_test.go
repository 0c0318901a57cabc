package xpm

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A lexer that is used again holds on to nothing large, and knows no more names
// than XPM could have.
func TestLexer_HoldsLittle(t *testing.T) {
	var doc strings.Builder
	long := strings.Repeat("n", 3*readAhead)
	doc.WriteString("<Response><" + long + "></" + long + ">")
	for i := range 2 * maxNames {
		fmt.Fprintf(&doc, "<a%d/>", i)
	}
	doc.WriteString("<Text>&lt;" + strings.Repeat("long ", 100_000) + "</Text></Response>")
	l := newLexer(nil, strings.NewReader(doc.String()))
	if _, err := tokens(l); err != nil {
		t.Fatal(err)
	}
	if cap(l.kept) < 500_000 {
		t.Fatal("the text was not kept at all")
	}
	if l.release(); len(l.names) > maxNames || cap(l.kept) > 8*readAhead || l.names[long] != nil || l.word != nil || l.src != nil {
		t.Errorf("%d names, %d bytes, source %v", len(l.names), cap(l.kept), l.src)
	}
	l = newLexer(l, strings.NewReader("<a1>x</a1>"))
	if got, err := tokens(l); err != nil || len(got) != 3 {
		t.Errorf("used again: %v, %v", got, err)
	}
}

// An answer that broke off leaves nothing behind for the next one.
func TestReadEnvelope_AfterABrokenOne(t *testing.T) {
	want := envelope{required: "Name", parts: map[string]part{"Name": each("", nil)}, lexers: new(sync.Pool)}
	for _, broken := range []string{"<Response><Status>OK</Status><Na", "<Response a='", "<a/", "<Response>&am", "<!--", "<![CDATA[", ""} {
		if err := readEnvelope(strings.NewReader(broken), want); err == nil {
			t.Errorf("%q is taken", broken)
		}
		if err := readEnvelope(strings.NewReader("<Response><Status>OK</Status><Name/></Response>"), want); err != nil {
			t.Errorf("after %q: %v", broken, err)
		}
	}
}

// A lexer that was used before makes no name anew.
func TestLexer_Allocations(t *testing.T) {
	const doc = "<Response><Status>OK</Status><Client><UUID>1</UUID><Name>a</Name></Client></Response>"
	used := newLexer(nil, strings.NewReader(doc))
	r := strings.NewReader(doc)
	n := testing.AllocsPerRun(100, func() {
		r.Reset(doc)
		newLexer(used, r)
		for {
			if _, err := used.Token(); err != nil {
				return
			}
		}
	})
	if n > 3 { // the three texts
		t.Errorf("%.0f allocations", n)
	}
}
