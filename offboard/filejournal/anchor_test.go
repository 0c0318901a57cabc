package filejournal_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// kept is an anchor in memory.
type kept struct {
	heads []filejournal.Head // all that were stored
	fail  error
}

func (k *kept) Load() (filejournal.Head, error) {
	if len(k.heads) == 0 {
		return filejournal.Head{}, fs.ErrNotExist
	}
	return k.heads[len(k.heads)-1], nil
}

func (k *kept) Store(h filejournal.Head) error {
	if k.fail == nil {
		k.heads = append(k.heads, h)
	}
	return k.fail
}

func (k *kept) lines() (lines []int) {
	for _, h := range k.heads {
		lines = append(lines, h.Lines)
	}
	return lines
}

func openAnchored(t *testing.T, dir string, anchor filejournal.Anchor) *filejournal.Journal {
	t.Helper()
	j, err := filejournal.OpenAnchored(dir, anchor)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// add appends n records of one kind, one at a time.
func add(t *testing.T, j *filejournal.Journal, n int, kind offboard.Kind) {
	t.Helper()
	for range n {
		if err := j.Append(context.Background(), offboard.Record{Seq: j.Head().Lines + 1, Kind: kind, Client: "ACME01"}); err != nil {
			t.Fatal(err)
		}
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t *testing.T, dir string) [][]byte {
	t.Helper()
	all := bytes.SplitAfter(readFile(t, journalFile(dir)), []byte("\n"))
	return all[:len(all)-1]
}

// wantAnchorError wants it of OpenAnchored, with the journal left as it was.
func wantAnchorError(t *testing.T, dir string, anchor filejournal.Anchor) *filejournal.AnchorError {
	t.Helper()
	before := readFile(t, journalFile(dir))
	j, err := filejournal.OpenAnchored(dir, anchor)
	var wrong *filejournal.AnchorError
	if !errors.As(err, &wrong) || j != nil {
		t.Fatalf("got %v", err)
	}
	if !bytes.Equal(before, readFile(t, journalFile(dir))) {
		t.Error("the journal was changed nevertheless")
	}
	return wrong
}

// The head is stored at the opening, with what begins and ends a run, after every
// 256 lines, and at the end.
func TestOpenAnchored_stores(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	add(t, j, 1, offboard.KindSession)
	add(t, j, 600, offboard.KindChecked)
	add(t, j, 1, offboard.KindEnded)
	add(t, j, 3, offboard.KindChecked)
	if err := j.Append(context.Background(), offboard.Record{Seq: 606}, offboard.Record{Seq: 607, Kind: offboard.KindSession}, offboard.Record{Seq: 608}); err != nil {
		t.Fatal(err)
	}
	add(t, j, 2, offboard.KindChecked)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 1, 257, 513, 602, 608, 610}; !slices.Equal(anchor.lines(), want) {
		t.Errorf("stored at the lines %v, want %v", anchor.lines(), want)
	}
	if last, _ := anchor.Load(); last != j.Head() {
		t.Errorf("the anchor has %v, the journal %v", last, j.Head())
	}
	// What has not changed is not stored again.
	if err := openAnchored(t, dir, anchor).Close(); err != nil || len(anchor.heads) != 7 {
		t.Errorf("%d times, %v", len(anchor.heads), err)
	}
}

// A last line that is gone as a whole is invisible without the anchor.
func TestOpenAnchored_droppedLine(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	add(t, j, 3, offboard.KindChecked)
	_ = j.Close()
	writeFile(t, journalFile(dir), bytes.Join(linesOf(t, dir)[:2], nil))
	wrong := wantAnchorError(t, dir, anchor)
	if wrong.Lines != 2 || wrong.Anchored.Lines != 3 || wrong.Missing || !strings.Contains(wrong.Error(), "restore") {
		t.Errorf("got %v", wrong)
	}
	if _, err := filejournal.Verify(dir, filejournal.Head{}); err != nil {
		t.Errorf("without an anchor: %v", err)
	}
	if _, err := filejournal.Verify(dir, wrong.Anchored); !errors.As(err, new(*filejournal.AnchorError)) {
		t.Errorf("Verify: %v", err)
	}
	// The whole journal gone is the same.
	writeFile(t, journalFile(dir), nil)
	if wrong := wantAnchorError(t, dir, anchor); wrong.Lines != 0 {
		t.Errorf("got %v", wrong)
	}
}

// A journal that was written anew with all its checksums, or another journal.
func TestOpenAnchored_otherJournal(t *testing.T) {
	dir, other, anchor := t.TempDir(), t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	add(t, j, 3, offboard.KindChecked)
	_ = j.Close()
	fill(t, other, 5)
	wrong := wantAnchorError(t, other, anchor)
	if wrong.Lines != 3 || !strings.Contains(wrong.Error(), "another journal") {
		t.Errorf("got %v", wrong)
	}
	if _, err := filejournal.Verify(other, wrong.Anchored); !errors.As(err, new(*filejournal.AnchorError)) {
		t.Errorf("Verify: %v", err)
	}
}

// A run that died between a line and its anchoring leaves a longer journal.
func TestOpenAnchored_behind(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	add(t, j, 1, offboard.KindSession)
	_ = j.Close()
	for _, stored := range []int{1, 2} { // the zero head, that of the session
		behind := &kept{heads: anchor.heads[:stored]}
		fill := open(t, dir)
		add(t, fill, 2, offboard.KindChecked)
		_ = fill.Close()
		j = openAnchored(t, dir, behind)
		if last, _ := behind.Load(); last != j.Head() || last.Lines < 3 {
			t.Errorf("the anchor was left at %v", last)
		}
		_ = j.Close()
	}
}

// A torn tail behind the anchored line is dropped. One that holds the anchored
// line was whole once, so the journal is left as it is.
func TestOpenAnchored_tornTail(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	add(t, j, 3, offboard.KindChecked)
	_ = j.Close()
	whole := readFile(t, journalFile(dir))
	writeFile(t, journalFile(dir), append(bytes.Clone(whole), `{"seq":4,`...))
	j = openAnchored(t, dir, anchor)
	if j.Torn() != 9 || j.Head().Lines != 3 {
		t.Errorf("torn %d, head %v", j.Torn(), j.Head())
	}
	_ = j.Close()
	writeFile(t, journalFile(dir), whole[:len(whole)-1])
	if wrong := wantAnchorError(t, dir, anchor); wrong.Lines != 2 {
		t.Errorf("got %v", wrong)
	}
}

// An anchor that has vanished halts, and says how a journal gets its first one.
func TestOpenAnchored_missing(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	fill(t, dir, 3)
	whole := readFile(t, journalFile(dir))
	writeFile(t, journalFile(dir), append(bytes.Clone(whole), `{"seq":4`...))
	wrong := wantAnchorError(t, dir, anchor) // a torn tail stays as well
	if !wrong.Missing || wrong.Lines != 3 || !strings.Contains(wrong.Error(), "Verify") {
		t.Errorf("got %v", wrong)
	}
	if len(anchor.heads) != 0 {
		t.Error("a head was stored")
	}
	v, err := filejournal.Verify(dir, filejournal.Head{})
	if err != nil {
		t.Fatal(err)
	}
	if err := anchor.Store(v.Head); err != nil {
		t.Fatal(err)
	}
	openAnchored(t, dir, anchor)
}

// Where the head cannot be stored the run ends: its lines are durable, and no
// more are taken.
func TestOpenAnchored_storeFails(t *testing.T) {
	dir, anchor := t.TempDir(), &kept{}
	j := openAnchored(t, dir, anchor)
	full := errors.New("no space left on device")
	anchor.fail = full
	err := j.Append(context.Background(), offboard.Record{Seq: 1, Kind: offboard.KindSession})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	if err := j.Append(context.Background(), offboard.Record{Seq: 2}); !errors.Is(err, full) {
		t.Errorf("then %v", err)
	}
	if err := j.Close(); !errors.Is(err, full) {
		t.Errorf("Close: %v", err)
	}
	if _, err := filejournal.OpenAnchored(dir, anchor); !errors.Is(err, full) {
		t.Errorf("OpenAnchored: %v", err)
	}
	anchor.fail = nil
	if head := openAnchored(t, dir, anchor).Head(); head.Lines != 1 {
		t.Errorf("head %v", head)
	}
}

func TestOpenAnchored_unreadable(t *testing.T) {
	broken := errors.New("no route to host")
	_, err := filejournal.OpenAnchored(t.TempDir(), unreadable{broken})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "anchor") {
		t.Errorf("got %v", err)
	}
}

type unreadable struct{ err error }

func (u unreadable) Load() (filejournal.Head, error) { return filejournal.Head{}, u.err }
func (u unreadable) Store(filejournal.Head) error    { return u.err }
