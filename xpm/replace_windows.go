package xpm

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// replace puts a file in the place of another. Windows refuses that while
// somebody reads the other one, and offers no way to fsync a directory.
func replace(from, to, _ string) (err error) {
	for range 100 {
		if err = os.Rename(from, to); !errors.Is(err, fs.ErrPermission) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
