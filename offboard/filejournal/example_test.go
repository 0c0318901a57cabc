package filejournal_test

import (
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
	runner := offboard.Runner{Journal: journal} // and its plan; then it runs
	_ = runner
	if err := journal.Close(); err != nil {
		panic(err)
	}

	found := must(filejournal.Verify(dir, must(anchor.Load())))
	fmt.Println(found.Head.Lines, "lines,", found.Evidence, "files,", found.Torn, "bytes cut off")
	// Output:
	// 0 lines, 0 files, 0 bytes cut off
}
