package filejournal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

func open(t *testing.T, dir string) *filejournal.Journal {
	t.Helper()
	j, err := filejournal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func fill(t *testing.T, dir string, n int) {
	t.Helper()
	j := open(t, dir)
	for i := range n {
		if err := j.Append(context.Background(), offboard.Record{Seq: i + 1, Kind: offboard.KindChecked, Client: "ACME01", Step: "s", Reason: fmt.Sprint("reason ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, j *filejournal.Journal) (n int, err error) {
	t.Helper()
	for rec, err := range j.Records(context.Background()) {
		if err != nil {
			return n, err
		}
		n++
		if rec.Seq != n {
			t.Fatalf("record %d has the number %d", n, rec.Seq)
		}
	}
	return n, nil
}

func journalFile(dir string) string { return filepath.Join(dir, "journal.jsonl") }

func TestJournal_Append(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "directory")
	fill(t, dir, 3)
	j := open(t, dir)
	if n, err := count(t, j); n != 3 || err != nil || j.Torn() != 0 {
		t.Fatalf("%d records, torn %d, %v", n, j.Torn(), err)
	}
	if err := j.Append(context.Background(), offboard.Record{Seq: 4}); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, j); n != 4 || err != nil {
		t.Fatalf("%d records, %v", n, err)
	}
}

// A cut-off last line is dropped and told, wherever it was cut.
func TestJournal_tornTail(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	whole, err := os.ReadFile(journalFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	start := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := start + 1; cut < len(whole); cut++ {
		if err := os.WriteFile(journalFile(dir), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		if n, err := count(t, j); n != 2 || err != nil || j.Torn() != int64(cut-start) {
			t.Fatalf("cut at %d: %d records, torn %d, %v", cut, n, j.Torn(), err)
		}
		if err := j.Append(context.Background(), offboard.Record{Seq: 3}); err != nil {
			t.Fatal(err)
		}
		if n, err := count(t, j); n != 3 || err != nil {
			t.Fatalf("cut at %d: then %d records, %v", cut, n, err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Any flipped bit halts, and so does a missing, repeated or swapped line.
func TestJournal_damage(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 3)
	whole, err := os.ReadFile(journalFile(dir))
	if err != nil {
		t.Fatal(err)
	}
	halts := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(journalFile(dir), data, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := filejournal.Open(dir)
		var corrupt *filejournal.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Line == 0 {
			t.Errorf("%s: %v", what, err)
		}
		if j != nil {
			_ = j.Close()
		}
	}
	for i := range len(whole) - 1 { // without the last line break the line is torn
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		halts(fmt.Sprint("bit flipped in byte ", i), flipped)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	halts("first line missing", bytes.Join(lines[1:], nil))
	halts("line missing", bytes.Join([][]byte{lines[0], lines[2]}, nil))
	halts("line repeated", bytes.Join([][]byte{lines[0], lines[1], lines[1], lines[2]}, nil))
	halts("lines swapped", bytes.Join([][]byte{lines[1], lines[0], lines[2]}, nil))
	halts("another file", []byte("no journal at all\n"))
}

func TestOpen_locked(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	_, err := filejournal.Open(dir)
	var locked *filejournal.LockedError
	if !errors.As(err, &locked) || locked.Holder.PID != os.Getpid() || locked.Holder.Since.IsZero() {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("it does not say who: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestOpen_unwritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := filejournal.Open(filepath.Join(file, "below")); err == nil {
		t.Error("a directory below a file was opened")
	}
}

func TestJournal_Create(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	write := func(content string) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		}
	}
	if err := j.Create("client-a/history-1.csv", write("first")); err != nil {
		t.Fatal(err)
	}
	// I1: an export is create-only.
	if err := j.Create("client-a/history-1.csv", write("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("I1: a file was replaced: %v", err)
	}
	broken := errors.New("broken transfer")
	err := j.Create("client-a/history-2.csv", func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	for _, name := range []string{"../outside.csv", "/outside.csv", "a/../../outside.csv", ""} {
		if err := j.Create(name, write("x")); err == nil {
			t.Errorf("%q was created", name)
		}
	}
	var files []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, filepath.Base(path))
			if info, err := d.Info(); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
		}
		return err
	})
	if got := strings.Join(files, " "); got != "history-1.csv holder.json journal.jsonl lock" {
		t.Errorf("files: %s", got)
	}
	r, err := j.Open("client-a/history-1.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, _ := io.ReadAll(r); string(got) != "first" {
		t.Errorf("got %q", got)
	}
	if _, err := j.Open("client-a/history-2.csv"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a broken transfer left a file: %v", err)
	}
}

// What a crash left of a file is written over, since it never had its name.
func TestJournal_Create_afterCrash(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "evidence", "spec.json.part"), []byte("a longer half of a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Create("spec.json", func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "evidence", "spec.json")); string(got) != "{}" {
		t.Errorf("got %q", got)
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, 2)
	holder := open(t, dir) // reading needs no lock
	j, err := filejournal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if n, err := count(t, j); n != 2 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if err := j.Append(context.Background(), offboard.Record{Seq: 3}); err == nil {
		t.Error("it was appended to")
	}
	if err := j.Create("a.json", func(io.Writer) error { return nil }); err == nil {
		t.Error("evidence was written")
	}
	_ = holder.Close()
	missing := filepath.Join(dir, "missing")
	empty, err := filejournal.Read(missing)
	if err != nil {
		t.Fatal(err)
	}
	defer empty.Close()
	if n, err := count(t, empty); n != 0 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
	if _, err := os.Stat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error("reading made the directory")
	}
}

// After a failed write nothing is tried again on the same descriptor.
func TestJournal_Append_failed(t *testing.T) {
	j := open(t, t.TempDir())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	first := j.Append(context.Background(), offboard.Record{Seq: 1})
	second := j.Append(context.Background(), offboard.Record{Seq: 1})
	if !errors.Is(first, os.ErrClosed) || !errors.Is(second, os.ErrClosed) || second.Error() == first.Error() {
		t.Errorf("%v, then %v", first, second)
	}
}

// A process that is killed leaves the directory to the next one.
func TestOpen_afterKill(t *testing.T) {
	if dir := os.Getenv("FILEJOURNAL_HOLD"); dir != "" {
		if _, err := filejournal.Open(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		select {}
	}
	self, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	cmd := exec.Command(self, "-test.run=^TestOpen_afterKill$")
	cmd.Env = append(os.Environ(), "FILEJOURNAL_HOLD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 4)
	if _, err := io.ReadFull(out, word); err != nil || string(word) != "held" {
		t.Fatalf("%q, %v", word, err)
	}
	var locked *filejournal.LockedError
	if _, err := filejournal.Open(dir); !errors.As(err, &locked) || locked.Holder.PID != cmd.Process.Pid {
		t.Errorf("got %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	open(t, dir)
}
