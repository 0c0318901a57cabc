//go:build !windows

package xpm

import (
	"errors"
	"os"
)

// replace puts a file in the place of another, durably.
func replace(from, to, dir string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
