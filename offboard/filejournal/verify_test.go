package filejournal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// runIn off-boards clients of a practice in memory, with the journal in dir.
func runIn(t *testing.T, dir string, codes ...string) (report offboard.Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		practice, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
		if err != nil {
			t.Fatal(err)
		}
		systems, err := practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		spec := offboard.Spec{Source: offboard.SourceXPM, Policy: offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}}}
		for _, code := range codes {
			spec.Entities = append(spec.Entities, offboard.Entity{Code: code, Name: "Client " + code})
		}
		j, err := filejournal.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		runner := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: j,
			Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour}
		if report, err = runner.Run(t.Context()); err != nil || report.State() != offboard.Done {
			t.Fatalf("%s, %v", report.State(), err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return report
}

func verify(t *testing.T, dir string, anchored filejournal.Head) filejournal.Verification {
	t.Helper()
	v, err := filejournal.Verify(dir, anchored)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func digest(content string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(content))) }

// evidenceFiles are the names of all files in the evidence.
func evidenceFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	root := filepath.Join(dir, "evidence")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(root, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// What a run leaves is sound, and nothing of it is unnamed.
func TestVerify(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "ACME01", "BETA02")
	v := verify(t, dir, filejournal.Head{})
	if want := len(linesOf(t, dir)); v.Head.Lines != want || v.Torn != 0 || v.First.IsZero() || v.Last.Before(v.First) {
		t.Errorf("%d lines of %d, torn %d, from %v to %v", v.Head.Lines, want, v.Torn, v.First, v.Last)
	}
	if files := evidenceFiles(t, dir); v.Evidence != len(files) || v.Evidence < 5 || len(v.Existing)+len(v.Unnamed)+len(v.Parts) > 0 {
		t.Errorf("%+v, and there are %v", v, files)
	}
	if again := verify(t, dir, v.Head); again.Anchored != v.Head || again.Head != v.Head {
		t.Errorf("%+v", again)
	}
	if j := open(t, dir); j.Head() != v.Head {
		t.Errorf("the journal's own head is %v, the verified one %v", j.Head(), v.Head)
	}
}

// It only reads: a directory is not made, locked or changed.
func TestVerify_readsOnly(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := filejournal.Verify(missing, filejournal.Head{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the directory was made")
	}
	empty := t.TempDir() // a journal that was removed is not a sound one
	if _, err := filejournal.Verify(empty, filejournal.Head{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	writeFile(t, journalFile(empty), nil) // a first run that died at once
	if v := verify(t, empty, filejournal.Head{}); v.Head != (filejournal.Head{}) {
		t.Errorf("%+v", v)
	}
	if entries, _ := os.ReadDir(empty); len(entries) != 1 {
		t.Errorf("it left %v", entries)
	}
}

// Any flipped bit anywhere is noticed. The very last one, the line break, makes
// the line a torn one, which only the anchor tells from a run that died.
func TestVerify_flippedBit(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	whole, head := readFile(t, journalFile(dir)), verify(t, dir, filejournal.Head{}).Head
	for i := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[i] ^= 1 << bit
			writeFile(t, journalFile(dir), flipped)
			v, err := filejournal.Verify(dir, filejournal.Head{})
			if last := i == len(whole)-1; last && (err != nil || v.Torn == 0) || !last && !errors.As(err, new(*filejournal.CorruptError)) {
				t.Errorf("bit %d of byte %d: %+v, %v", bit, i, v, err)
			}
			if err == nil {
				_, err = filejournal.Verify(dir, head)
			}
			if err == nil {
				t.Errorf("bit %d of byte %d: not even the anchor notices", bit, i)
			}
		}
	}
}

func TestVerify_lines(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 4)
	l := linesOf(t, dir)
	for what, kept := range map[string][][]byte{
		"first line missing": {l[1], l[2], l[3]},
		"line missing":       {l[0], l[2], l[3]},
		"line repeated":      {l[0], l[1], l[1], l[2], l[3]},
		"last line repeated": {l[0], l[1], l[2], l[3], l[3]},
		"lines swapped":      {l[0], l[2], l[1], l[3]},
		"empty line":         {l[0], []byte("\n"), l[1], l[2], l[3]},
		"lines with CR LF":   {bytes.Replace(l[0], []byte("\n"), []byte("\r\n"), 1), l[1]},
		"another file":       {[]byte("no journal at all\n")},
	} {
		writeFile(t, journalFile(dir), bytes.Join(kept, nil))
		v, err := filejournal.Verify(dir, filejournal.Head{})
		var corrupt *filejournal.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Line != v.Head.Lines+1 || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}
}

// A gap in the numbers is damage even where the chain holds: somebody wrote it so.
func TestVerify_numbers(t *testing.T) {
	for what, seqs := range map[string][]int{"gap": {1, 2, 4}, "repeated": {1, 1}, "begins late": {2}, "none": {0}} {
		dir := t.TempDir()
		j := open(t, dir)
		for _, seq := range seqs {
			if err := j.Append(context.Background(), offboard.Record{Seq: seq}); err != nil {
				t.Fatal(err)
			}
		}
		var corrupt *filejournal.CorruptError
		if _, err := filejournal.Verify(dir, filejournal.Head{}); !errors.As(err, &corrupt) || corrupt.Line != len(seqs) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A journal that is cut anywhere is the journal of its whole lines, and the rest
// is told.
func TestVerify_tornTail(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	whole := readFile(t, journalFile(dir))
	for cut := range whole {
		writeFile(t, journalFile(dir), whole[:cut])
		v := verify(t, dir, filejournal.Head{})
		lines, last := bytes.Count(whole[:cut], []byte("\n")), bytes.LastIndexByte(whole[:cut], '\n')
		if v.Head.Lines != lines || v.Torn != int64(cut-last-1) {
			t.Errorf("cut at %d: %d lines, torn %d", cut, v.Head.Lines, v.Torn)
		}
	}
}

// A whole last line that was dropped is noticed by nothing but the anchor.
func TestVerify_droppedLine(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	head := verify(t, dir, filejournal.Head{}).Head
	writeFile(t, journalFile(dir), bytes.Join(linesOf(t, dir)[:2], nil))
	verify(t, dir, filejournal.Head{})
	var wrong *filejournal.AnchorError
	if _, err := filejournal.Verify(dir, head); !errors.As(err, &wrong) || wrong.Lines != 2 || wrong.Anchored != head {
		t.Errorf("got %v", err)
	}
}

// Evidence that was changed in any byte (of a sample), or is gone, is named.
func TestVerify_evidence(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "ACME01")
	files := evidenceFiles(t, dir)
	if len(files) != 3 {
		t.Fatalf("want a specification, a snapshot and a history: %v", files)
	}
	for _, name := range files {
		path := filepath.Join(dir, "evidence", filepath.FromSlash(name))
		whole := readFile(t, path)
		mismatch := func(what string) {
			t.Helper()
			var wrong *filejournal.EvidenceMismatchError
			v, err := filejournal.Verify(dir, filejournal.Head{})
			if !errors.As(err, &wrong) || wrong.Name != name || wrong.Record == 0 || v.Evidence != 2 {
				t.Errorf("%s %s: %+v, %v", name, what, v, err)
			}
		}
		for i := 0; i < len(whole); i += 11 {
			changed := bytes.Clone(whole)
			changed[i] ^= 1
			writeFile(t, path, changed)
			mismatch(fmt.Sprint("changed in byte ", i))
		}
		writeFile(t, path, append(bytes.Clone(whole), '\n'))
		mismatch("with a line break more")
		writeFile(t, path, whole[:len(whole)-1])
		mismatch("cut")
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		mismatch("missing")
		if _, err := filejournal.Verify(dir, filejournal.Head{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s missing: %v", name, err)
		}
		writeFile(t, path, whole)
	}
	if err := os.RemoveAll(filepath.Join(dir, "evidence")); err != nil {
		t.Fatal(err)
	}
	if _, err := filejournal.Verify(dir, filejournal.Head{}); !errors.Is(err, fs.ErrNotExist) || !errors.As(err, new(*filejournal.EvidenceMismatchError)) {
		t.Errorf("all of it missing: %v", err)
	}
}

// All that is wrong with the evidence is told at once.
func TestVerify_evidenceAll(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "ACME01", "BETA02")
	files := evidenceFiles(t, dir)
	for _, name := range files {
		writeFile(t, filepath.Join(dir, "evidence", filepath.FromSlash(name)), []byte("changed"))
	}
	_, err := filejournal.Verify(dir, filejournal.Head{})
	for _, name := range files {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
}

// Files that no record names are told and no error: a run may have died before
// it recorded them.
func TestVerify_unnamed(t *testing.T) {
	dir := t.TempDir()
	runIn(t, dir, "ACME01")
	j := open(t, dir)
	if err := j.Create("client-acme01/history-9.csv", text("Date\n")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "evidence", "spec-0.json.part"), nil)
	v := verify(t, dir, filejournal.Head{})
	if !slices.Equal(v.Unnamed, []string{"client-acme01/history-9.csv"}) || !slices.Equal(v.Parts, []string{"spec-0.json.part"}) || v.Evidence != 3 {
		t.Errorf("%+v", v)
	}
}

// A record may state nothing of what a file holds: then it has to exist.
func TestVerify_existing(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for i, name := range []string{"client-a/notes.json", "../outside.json"} {
		rec := offboard.Record{Seq: i + 1, Facts: &offboard.Facts{Snapshot: &offboard.Snapshot{File: name}}}
		if err := j.Append(context.Background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Create("client-a/notes.json", text("anything")); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "outside.json"), nil) // nothing outside of the evidence is read
	v, err := filejournal.Verify(dir, filejournal.Head{})
	var wrong *filejournal.EvidenceMismatchError
	if !errors.As(err, &wrong) || wrong.Name != "../outside.json" || wrong.Record != 2 || !slices.Equal(v.Existing, []string{"client-a/notes.json"}) {
		t.Errorf("%+v, %v", v, err)
	}
}

// A run may go on meanwhile: what is read is always the beginning of its journal.
func TestVerify_concurrentWriter(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 120 {
			name := fmt.Sprintf("client-a/history-%d.csv", i)
			if err := j.Create(name, text("Date\n")); err != nil {
				t.Error(err)
				return
			}
			rec := offboard.Record{Seq: i + 1, Kind: offboard.KindOutcome, Reason: strings.Repeat("x", i*20),
				Facts: &offboard.Facts{History: &offboard.HistoryFile{File: name, Size: 5, SHA256: digest("Date\n")}}}
			if err := j.Append(context.Background(), rec); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	last, rounds := filejournal.Head{}, 0
	for running := true; running; rounds++ {
		select {
		case <-done:
			running = false
		default:
		}
		v := verify(t, dir, last)
		if v.Head.Lines < last.Lines || v.Evidence != v.Head.Lines {
			t.Fatalf("after %v: %+v", last, v)
		}
		last = v.Head
	}
	if last.Lines != 120 || last != j.Head() {
		t.Errorf("%d rounds, at the end %v", rounds, last)
	}
}
