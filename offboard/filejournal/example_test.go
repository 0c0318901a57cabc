package filejournal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The head of the journal is kept on another disk, and both are checked later.
func ExampleOpenAnchored() {
	disk, otherDisk := must(os.MkdirTemp("", "disk")), must(os.MkdirTemp("", "other"))
	defer os.RemoveAll(disk)
	defer os.RemoveAll(otherDisk)
	dir, anchor := filepath.Join(disk, "offboarding"), filejournal.FileAnchor(filepath.Join(otherDisk, "offboarding.head"))

	journal := must(filejournal.OpenAnchored(dir, anchor))
	begun := offboard.Record{Seq: 1, Kind: offboard.KindSession} // which a Runner does
	if err := errors.Join(journal.Append(context.Background(), begun), journal.Close()); err != nil {
		panic(err)
	}

	found := must(filejournal.Verify(dir, must(anchor.Load())))
	fmt.Println(found.Head == found.Anchored, found.Head.Lines)
	// Output:
	// true 1
}
