package filejournal_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard/filejournal"
)

// The text form survives copy and paste: blanks, wrapped lines, capitals.
func TestParseHead(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 12)
	j := open(t, dir)
	head := j.Head()
	text := head.String()
	if head.Lines != 12 || !strings.HasPrefix(text, "12-") || len(text) != 3+64 {
		t.Fatalf("head %s", text)
	}
	for _, pasted := range []string{
		text, " " + text + "\r\n", strings.ToUpper(text), text[:30] + "\r\n  " + text[30:], "\t" + text + "\u00a0",
		filejournal.Head{}.String(),
	} {
		got, err := filejournal.ParseHead(pasted)
		if want := head; err != nil || got != want && got != (filejournal.Head{}) {
			t.Errorf("%q: %v, %v", pasted, got, err)
		}
	}
	for _, bad := range []string{
		"", "-", "12", text[:len(text)-1], text + "0", text[:len(text)-1] + "g", "+" + text, "-" + text, "0" + text, "0x" + text,
		"99999999999999999999" + text, strings.Replace(text, "-", ":", 1), "0" + text[2:], text + " " + text,
	} {
		if got, err := filejournal.ParseHead(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
}

// A head may be a flag or a member of a JSON object.
func TestHead_JSON(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 1)
	head, back := open(t, dir).Head(), filejournal.Head{}
	data, err := json.Marshal(head)
	if err != nil || string(data) != `"`+head.String()+`"` {
		t.Fatalf("%s, %v", data, err)
	}
	if err := json.Unmarshal(data, &back); err != nil || back != head {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`"12-00"`), &back); err == nil {
		t.Error("a short one is taken")
	}
}
