package filejournal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// FileAnchor is an Anchor in a file: the text form of the head, on one line. Its
// value is the file's path, which must not lie in the directory of the journal,
// where one mishap takes both; another disk or machine is better. The file is
// replaced as a whole and made durable, and has mode 0600. Its directory must
// exist: one that is made anew, as where a share is not mounted, would hide that
// the anchor is gone.
type FileAnchor string

// maxAnchorBytes bounds what is read; a head needs a hundred.
const maxAnchorBytes = 4096

// Load reads the file; one that is missing is fs.ErrNotExist.
func (a FileAnchor) Load() (Head, error) {
	info, err := os.Lstat(string(a))
	if err != nil {
		return Head{}, err
	}
	if !info.Mode().IsRegular() {
		return Head{}, fmt.Errorf("%s is not a regular file", string(a))
	}
	f, err := os.Open(string(a))
	if err != nil {
		return Head{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxAnchorBytes))
	if err != nil {
		return Head{}, err
	}
	h, err := ParseHead(string(text))
	if err != nil {
		return Head{}, fmt.Errorf("%s: %w", string(a), err)
	}
	return h, nil
}

// Store replaces the file. Only the holder of the journal calls it, so the name
// of the new file is its own; one that a crash left behind is written over.
func (a FileAnchor) Store(h Head) error {
	part := string(a) + partSuffix
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, h.String()+"\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = replace(part, string(a))
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return syncDir(filepath.Dir(string(a)))
}

// mustLieOutside refuses an anchor in the directory of the journal, or below it,
// by whatever path.
func (a FileAnchor) mustLieOutside(dir string) error {
	inside, err := os.Stat(dir)
	if err != nil {
		return err
	}
	above, err := filepath.Abs(filepath.Dir(string(a)))
	if err == nil {
		above, err = filepath.EvalSymlinks(above)
	}
	if err != nil {
		return fmt.Errorf("the directory of the anchor: %w", err)
	}
	for {
		info, err := os.Stat(above)
		if err != nil {
			return err
		}
		if os.SameFile(info, inside) {
			return fmt.Errorf("the anchor %s lies in the directory of the journal: keep it elsewhere, on another disk if there is one", string(a))
		}
		next := filepath.Dir(above)
		if next == above {
			return nil
		}
		above = next
	}
}
