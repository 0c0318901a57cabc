package filejournal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"github.com/practicekit/offboarding/offboard"
)

const (
	journalName  = "journal.jsonl"
	evidenceName = "evidence"
	lockName     = "lock"
	holderName   = "holder.json"
)

// Journal is an offboard.Journal in a directory. Append to it from one goroutine
// at a time; its evidence and Head may be used from several.
type Journal struct {
	dir      string
	file     file // nil where it is open for reading only
	evidence evidence
	lock     *flock.Flock
	torn     int64
	broken   error // an append failed: what is on disk is not known

	anchor   Anchor // nil: none
	anchored Head   // as the anchor has it

	mu   sync.Mutex // guards head
	head Head
}

// file is what of an *os.File an open journal needs.
type file interface {
	io.WriteCloser
	Sync() error
}

var _ offboard.Journal = (*Journal)(nil)

// Open opens the journal in a directory, which is made where it is missing, and
// locks it. A directory that another run holds is a *LockedError, a damaged
// journal a *CorruptError.
func Open(dir string) (*Journal, error) { return OpenAnchored(dir, nil) }

// OpenAnchored is Open for a journal whose head is kept in an anchor as well. A
// journal that does not hold the anchored line, with that checksum, is an
// *AnchorError. It may be longer: between a line and its anchoring a run may have
// died.
//
// The head is stored when the journal is opened, with every record that begins
// or ends a run, after every 256 lines, and by Close. Where it cannot be stored,
// Append fails, and the run ends.
//
// An anchor in which nothing has ever been stored fits an empty journal only.
// For a journal that was kept without one, check it with [Verify], and store its
// Head in the anchor.
func OpenAnchored(dir string, anchor Anchor) (*Journal, error) {
	evidenceDir := filepath.Join(dir, evidenceName)
	if err := os.MkdirAll(evidenceDir, 0o700); err != nil {
		return nil, fmt.Errorf("the directory for journal and evidence cannot be made: %w", err)
	}
	if f, isFile := anchor.(FileAnchor); isFile {
		if err := f.mustLieOutside(dir); err != nil {
			return nil, err
		}
	}
	j := &Journal{dir: dir, evidence: evidence{dir: evidenceDir}, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))}
	held, err := j.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the directory cannot be locked: %w", err)
	}
	if !held {
		return nil, &LockedError{Dir: dir, Holder: readHolder(dir)}
	}
	if err := j.open(anchor); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

func (j *Journal) open(anchor Anchor) (err error) {
	if err := writeHolder(j.dir); err != nil {
		return err
	}
	if j.evidence.root, err = os.OpenRoot(j.evidence.dir); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(j.dir, journalName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	j.file = f
	if err := syncDir(j.dir); err != nil {
		return err
	}
	var anchored Head
	missing := false
	if anchor != nil {
		if anchored, missing, err = loadAnchor(anchor); err != nil {
			return err
		}
	}
	if err := j.recover(f, anchored, missing); err != nil || anchor == nil {
		return err
	}
	if missing || anchored != j.head {
		if err := storeAnchor(anchor, j.head); err != nil {
			return err
		}
	}
	j.anchor, j.anchored = anchor, j.head
	return nil
}

// Read opens the journal in a directory without locking it, for a preview: it
// can be read and not appended to. A directory that does not exist is an empty
// journal.
func Read(dir string) (*Journal, error) {
	j := &Journal{dir: dir, broken: errors.New("the journal is open for reading only")}
	var err error
	if j.evidence.root, err = os.OpenRoot(filepath.Join(dir, evidenceName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return j, nil
}

// Torn is the number of bytes of a cut-off last line that Open dropped.
func (j *Journal) Torn() int64 { return j.torn }

// Head is the head of the journal, all of it durable. That of a journal which
// Read opened is not known, and zero: [Verify] tells it.
func (j *Journal) Head() Head {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head
}

func (j *Journal) setHead(h Head) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.head = h
}

// Close anchors the head, where there is an anchor, and gives the directory back.
// The journal stays as it is.
func (j *Journal) Close() error {
	var errs []error
	if j.anchor != nil && j.anchored != j.head {
		errs = append(errs, storeAnchor(j.anchor, j.head))
		j.anchored = j.head
	}
	if j.file != nil {
		errs = append(errs, j.file.Close())
	}
	if j.evidence.root != nil {
		errs = append(errs, j.evidence.root.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Unlock())
	}
	return errors.Join(errs...)
}

// recover checks every line and the anchored head, and only then drops a cut-off
// last line. It leaves the file open at its end. A missing anchor fits an empty
// journal only.
func (j *Journal) recover(f *os.File, anchored Head, missing bool) error {
	end := int64(0)
	for line, err := range lines(j.dir, f) {
		if err == nil {
			err = anchored.fits(j.dir, line)
		}
		if err != nil {
			return err
		}
		j.head, end = Head{line.number, line.sum}, line.end
	}
	if missing && j.head.Lines > 0 {
		return &AnchorError{Dir: j.dir, Missing: true, Lines: j.head.Lines}
	}
	if err := anchored.reachedBy(j.dir, j.head); err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if j.torn = size - end; j.torn > 0 {
		if err := f.Truncate(end); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
	_, err = f.Seek(end, io.SeekStart)
	return err
}

// Records yields all records, oldest first. A damaged line ends it with a
// *CorruptError.
func (j *Journal) Records(context.Context) iter.Seq2[offboard.Record, error] {
	return func(yield func(offboard.Record, error) bool) {
		f, err := os.Open(filepath.Join(j.dir, journalName))
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(offboard.Record{}, err)
			return
		}
		defer f.Close()
		for line, err := range lines(j.dir, f) {
			var rec offboard.Record
			if err == nil {
				rec, err = line.record(j.dir)
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// Append writes the records and makes them durable with one fsync. After an
// error the file may end in part of a line, and every further Append fails: open
// the journal again.
func (j *Journal) Append(_ context.Context, records ...offboard.Record) error {
	if j.broken != nil {
		return j.broken
	}
	var lines bytes.Buffer
	head := j.head
	for _, rec := range records {
		raw, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		head = Head{head.Lines + 1, chain(head.Sum, raw)}
		lines.Write(formatLine(raw, head.Sum))
	}
	_, err := j.file.Write(lines.Bytes())
	if err == nil {
		err = j.file.Sync()
	}
	if err == nil {
		j.setHead(head)
		err = j.keepAnchored(records)
	}
	if err != nil {
		j.broken = fmt.Errorf("an earlier write to the journal failed: %w", err)
	}
	return err
}
