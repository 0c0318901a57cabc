package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// stopFile is the kill switch. While a file of this name lies in the directory of
// the journal, no effect begins and nobody is asked for anything.
const stopFile = "STOP"

// stopped looks for the stop file. Whoever cannot tell whether there is one stops
// as well.
func stopped(dir string) func() (reason string) {
	name := filepath.Join(dir, stopFile)
	return func() string {
		_, err := os.Lstat(name)
		var failed *fs.PathError
		switch {
		case err == nil:
			return "a file named " + stopFile + " lies in the directory of the journal"
		case errors.Is(err, fs.ErrNotExist):
			return ""
		case errors.As(err, &failed): // the journal is told no path
			err = failed.Err
		}
		return "whether a file named " + stopFile + " lies in the directory of the journal cannot be told: " + err.Error()
	}
}
