package filejournal

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// syncDir does nothing: Windows offers no way to fsync a directory.
func syncDir(string) error { return nil }

// replace puts a file in the place of another. Windows refuses that while
// somebody reads the other one.
func replace(from, to string) (err error) {
	for range 100 {
		if err = os.Rename(from, to); !errors.Is(err, fs.ErrPermission) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
