package filejournal_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

func TestFileAnchor(t *testing.T) {
	dir, path := t.TempDir(), filepath.Join(t.TempDir(), "offboarding.head")
	anchor := filejournal.FileAnchor(path)
	if _, err := anchor.Load(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before the first use: %v", err)
	}
	writeFile(t, path+".part", []byte("what a crash left behind, longer than any head could ever be, so that it would show: "+strings.Repeat("x", 200)))
	j := openAnchored(t, dir, anchor)
	add(t, j, 3, offboard.KindChecked)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := string(readFile(t, path)); got != j.Head().String()+"\n" {
		t.Errorf("the file holds %q", got)
	}
	if info, err := os.Stat(path); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	head, err := anchor.Load()
	if err != nil || head != j.Head() {
		t.Errorf("%v, %v", head, err)
	}
	// What a person has pasted is read as well.
	writeFile(t, path, []byte("  "+strings.ToUpper(head.String())+"\r\n\r\n"))
	openAnchored(t, dir, anchor)
}

func TestFileAnchor_unusable(t *testing.T) {
	outside := t.TempDir()
	garbage := filepath.Join(outside, "garbage")
	writeFile(t, garbage, []byte("3-abc\n"))
	for what, path := range map[string]string{
		"garbage":      garbage,
		"a directory":  outside,
		"no directory": filepath.Join(outside, "not", "mounted"),
	} {
		if j, err := filejournal.OpenAnchored(t.TempDir(), filejournal.FileAnchor(path)); err == nil {
			t.Errorf("%s: opened", what)
			_ = j.Close()
		}
	}
}

// A failed store leaves the old anchor.
func TestFileAnchor_Store_failed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "head")
	anchor := filejournal.FileAnchor(path)
	if err := anchor.Store(filejournal.Head{Lines: 1}); err != nil {
		t.Fatal(err)
	}
	// A directory that is not empty, where the new file is written.
	if err := os.MkdirAll(filepath.Join(path+".part", "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := anchor.Store(filejournal.Head{Lines: 2}); err == nil {
		t.Error("stored")
	}
	if h, err := anchor.Load(); err != nil || h.Lines != 1 {
		t.Errorf("%v, %v", h, err)
	}
}

// An anchor inside of what it anchors proves nothing.
func TestFileAnchor_inside(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "offboarding")
	fill(t, dir, 1)
	t.Chdir(dir)
	paths := []string{filepath.Join(dir, "head"), filepath.Join(dir, "evidence", "head"), "head", filepath.Join("evidence", "..", "head")}
	if link := filepath.Join(above, "link"); os.Symlink(dir, link) == nil {
		paths = append(paths, filepath.Join(link, "evidence", "head"))
	}
	for _, path := range paths {
		j, err := filejournal.OpenAnchored(dir, filejournal.FileAnchor(path))
		if err == nil || !strings.Contains(err.Error(), "elsewhere") {
			t.Errorf("%s: %v", path, err)
		}
		if j != nil {
			_ = j.Close()
		}
	}
	beside := filejournal.FileAnchor(filepath.Join(above, "offboarding.head"))
	if err := beside.Store(open(t, dir).Head()); err != nil {
		t.Fatal(err)
	}
}
