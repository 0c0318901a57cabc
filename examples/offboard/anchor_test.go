package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// The head of the journal is kept outside of its directory from the first run on,
// and a journal that it does not fit halts whatever comes next.
func TestAnchor(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	anchor := filepath.Join(t.TempDir(), "head")
	s.run(t, "-preview", "-anchor", anchor).want(t, exitDone)
	if _, err := os.Stat(anchor); err == nil {
		t.Error("a preview stored an anchor")
	}
	s.run(t, "-anchor", anchor).want(t, exitWaiting)
	head, err := filejournal.FileAnchor(anchor).Load()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filejournal.Verify(s.dir, head); err != nil || head.Lines == 0 {
		t.Errorf("%v, %v", head, err)
	}
	s.run(t, "-preview", "-anchor", anchor).want(t, exitDone)

	journal := filepath.Join(s.dir, "journal.jsonl")
	data, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	last := bytes.LastIndexByte(bytes.TrimRight(data, "\n"), '\n')
	if err := os.WriteFile(journal, data[:last+1], 0o600); err != nil {
		t.Fatal(err)
	}
	before := s.changed()
	for _, how := range []string{"-yes", "-preview"} {
		s.run(t, how, "-anchor", anchor).want(t, exitFailed, "lines at its end are gone", "restore the newest backup")
	}
	if err := os.WriteFile(journal, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(anchor); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes", "-anchor", anchor).want(t, exitFailed, "and there is no anchor")
	s.run(t, "-yes", "-anchor", filepath.Join(s.dir, "head")).want(t, exitFailed, "lies in the directory of the journal", "Nothing was sent")
	s.run(t, "-yes", "-anchor", filepath.Join(t.TempDir(), "missing", "head")).want(t, exitFailed, "the directory of the anchor")
	if s.changed() != before {
		t.Errorf("%d changes with an anchor that does not fit", s.changed()-before)
	}
	// A journal that was kept without an anchor gets one by hand, as README.md says.
	if err := os.WriteFile(anchor, []byte(head.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes", "-anchor", anchor).want(t, exitDone)
}
