package filejournal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
)

// partSuffix ends the name of an evidence file that is being written.
const partSuffix = ".part"

// evidence is the directory of the evidence files. Its methods may be called
// from several goroutines.
type evidence struct {
	dir  string
	root *os.Root // nil where there is no evidence yet

	mu      sync.Mutex
	writing map[string]chan struct{} // names under way; closed when they are not any more
}

// Create writes a new evidence file and makes it durable. The file appears under
// its name only when it is whole; when write fails, no file is left. Of several
// calls with one name the first that succeeds wins: the others wait for it, and
// fail with fs.ErrExist.
func (j *Journal) Create(name string, write func(io.Writer) error) error {
	if j.file == nil {
		return j.broken
	}
	return j.evidence.create(name, write)
}

// Open reads an evidence file.
func (j *Journal) Open(name string) (io.ReadCloser, error) {
	if j.evidence.root == nil {
		return nil, fmt.Errorf("evidence %s: %w", name, fs.ErrNotExist)
	}
	return j.evidence.root.Open(name)
}

// isName reports whether an evidence file may have this name.
func isName(name string) bool {
	return fs.ValidPath(name) && name != "." && filepath.IsLocal(filepath.FromSlash(name)) && !strings.HasSuffix(name, partSuffix)
}

func (e *evidence) create(name string, write func(io.Writer) error) error {
	if !isName(name) {
		return fmt.Errorf("%q is no name for an evidence file", name)
	}
	defer e.claim(name)()
	if _, err := e.root.Lstat(name); err == nil {
		return fmt.Errorf("evidence %s: %w", name, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if dir := path.Dir(name); dir != "." {
		if err := e.root.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	part := name + partSuffix // left behind by a crash, it is written over
	f, err := e.root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		// The lock keeps other runs away, and the claim this one, so nothing can
		// have taken the name since.
		err = e.root.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, e.root.Remove(part))
	}
	return e.syncDirs(path.Dir(name))
}

// claim waits until nobody writes a file of this name, and keeps others from it
// until release is called.
func (e *evidence) claim(name string) (release func()) {
	done := make(chan struct{})
	for {
		e.mu.Lock()
		other := e.writing[name]
		if other == nil {
			if e.writing == nil {
				e.writing = map[string]chan struct{}{}
			}
			e.writing[name] = done
			e.mu.Unlock()
			return func() {
				e.mu.Lock()
				defer e.mu.Unlock()
				delete(e.writing, name)
				close(done)
			}
		}
		e.mu.Unlock()
		<-other
	}
}

// syncDirs makes the name of a new file durable, up to the evidence directory.
func (e *evidence) syncDirs(dir string) error {
	for {
		if err := syncDir(filepath.Join(e.dir, filepath.FromSlash(dir))); err != nil {
			return err
		}
		if dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}
