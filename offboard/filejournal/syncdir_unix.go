//go:build !windows

package filejournal

import (
	"errors"
	"os"
)

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// replace puts a file in the place of another.
func replace(from, to string) error { return os.Rename(from, to) }
