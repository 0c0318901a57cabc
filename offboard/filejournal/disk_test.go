package filejournal

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/practicekit/offboarding/offboard"
)

// fullDisk takes so many bytes, and fails then.
type fullDisk struct {
	file
	room int
	sync error
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) <= d.room {
		d.room -= len(b)
		return d.file.Write(b)
	}
	n, err := d.file.Write(b[:d.room])
	return n, errors.Join(errFull, err)
}

func (d *fullDisk) Sync() error { return errors.Join(d.sync, d.file.Sync()) }

// A disk that is full halts, wherever the lines were cut. Opened again, the
// journal holds what was durable: of several records any number of the first.
func TestJournal_Append_fullDisk(t *testing.T) {
	ctx := context.Background()
	for _, room := range []int{0, 1, 40, 100, 150} {
		dir := t.TempDir()
		j, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Append(ctx, offboard.Record{Seq: 1}); err != nil {
			t.Fatal(err)
		}
		durable, size := j.Head(), fileSize(t, dir)
		j.file = &fullDisk{file: j.file, room: room}
		if err := j.Append(ctx, offboard.Record{Seq: 2}, offboard.Record{Seq: 3}); !errors.Is(err, errFull) {
			t.Fatalf("room %d: %v", room, err)
		}
		j.file.(*fullDisk).room = 1 << 20 // room again, yet nothing is tried on this descriptor
		if err := j.Append(ctx, offboard.Record{Seq: 2}); !errors.Is(err, errFull) {
			t.Errorf("room %d: then %v", room, err)
		}
		if j.Head() != durable {
			t.Errorf("room %d: the head counts what is not durable", room)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		lines, torn := 1+room/size, room%size // all lines are of equal length
		v, err := Verify(dir, durable)
		if err != nil || v.Head.Lines != lines || v.Torn != int64(torn) {
			t.Errorf("room %d: %d lines, torn %d, %v", room, v.Head.Lines, v.Torn, err)
		}
		if j, err = Open(dir); err != nil {
			t.Fatal(err)
		}
		if j.Torn() != int64(torn) || j.Head() != v.Head {
			t.Errorf("room %d: torn %d, head %v", room, j.Torn(), j.Head())
		}
		if err := errors.Join(j.Append(ctx, offboard.Record{Seq: lines + 1}), j.Close()); err != nil {
			t.Error(err)
		}
	}
}

func fileSize(t *testing.T, dir string) int {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// After a failed fsync nobody knows what is on disk.
func TestJournal_Append_fsyncFails(t *testing.T) {
	j, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	disk := &fullDisk{file: j.file, room: 1 << 20, sync: errFull}
	j.file = disk
	if err := j.Append(context.Background(), offboard.Record{Seq: 1}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	disk.sync = nil
	if err := j.Append(context.Background(), offboard.Record{Seq: 1}); !errors.Is(err, errFull) {
		t.Errorf("then %v", err)
	}
}

// I6: evidence that does not fit leaves no file.
func TestJournal_Create_fullDisk(t *testing.T) {
	j, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	err = j.Create("history-1.csv", func(w io.Writer) error {
		_, _ = io.WriteString(w, "Date,What\n")
		return errFull
	})
	if !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if _, parts, err := (namedFiles{}).others(j.evidence.root); err != nil || len(parts) > 0 {
		t.Errorf("left: %v, %v", parts, err)
	}
}
