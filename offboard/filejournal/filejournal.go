package filejournal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"time"

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
// at a time; its evidence may be used from several.
type Journal struct {
	dir      string
	file     *os.File // nil where it is open for reading only
	evidence *os.Root // nil where there is no evidence yet
	lock     *flock.Flock
	sum      [32]byte // checksum of the last line
	torn     int64
	broken   error // an append failed: what is on disk is not known
}

var _ offboard.Journal = (*Journal)(nil)

// Holder says which process holds a directory.
type Holder struct {
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	Since time.Time `json:"since"`
}

// LockedError says that another run holds the directory.
type LockedError struct {
	Dir    string
	Holder Holder // zero where the holder has not said who it is
}

func (e *LockedError) Error() string {
	who := "another process"
	if e.Holder.PID != 0 {
		who = fmt.Sprintf("process %d on %s, since %s,", e.Holder.PID, e.Holder.Host, e.Holder.Since.Format(time.RFC3339))
	}
	return fmt.Sprintf("%s holds %s: wait for it, or stop it, and run the same again", who, e.Dir)
}

// CorruptError says which line of the journal does not add up. Nothing is done
// with such a journal; restore the directory from a backup, or have a person
// establish where each client stands.
type CorruptError struct {
	Dir     string
	Line    int
	Problem string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("the journal in %s is damaged at line %d: %s: restore the directory from a backup before anything else is done", e.Dir, e.Line, e.Problem)
}

// Open opens the journal in a directory, which is made where it is missing, and
// locks it. A directory that another run holds is a *LockedError, a damaged
// journal a *CorruptError.
func Open(dir string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Join(dir, evidenceName), 0o700); err != nil {
		return nil, fmt.Errorf("the directory for journal and evidence cannot be made: %w", err)
	}
	j := &Journal{dir: dir, lock: flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))}
	held, err := j.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("the directory cannot be locked: %w", err)
	}
	if !held {
		return nil, &LockedError{Dir: dir, Holder: readHolder(dir)}
	}
	if err := j.open(); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return j, nil
}

func (j *Journal) open() (err error) {
	if err := writeHolder(j.dir); err != nil {
		return err
	}
	if j.evidence, err = os.OpenRoot(filepath.Join(j.dir, evidenceName)); err != nil {
		return err
	}
	if j.file, err = os.OpenFile(filepath.Join(j.dir, journalName), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := syncDir(j.dir); err != nil {
		return err
	}
	return j.recover()
}

// Read opens the journal in a directory without locking it, for a preview: it
// can be read and not appended to. A directory that does not exist is an empty
// journal.
func Read(dir string) (*Journal, error) {
	j := &Journal{dir: dir, broken: errors.New("the journal is open for reading only")}
	var err error
	if j.evidence, err = os.OpenRoot(filepath.Join(dir, evidenceName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return j, nil
}

// Torn is the number of bytes of a cut-off last line that Open dropped.
func (j *Journal) Torn() int64 { return j.torn }

// Close gives the directory back. The journal stays as it is.
func (j *Journal) Close() error {
	var errs []error
	if j.file != nil {
		errs = append(errs, j.file.Close())
	}
	if j.evidence != nil {
		errs = append(errs, j.evidence.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Unlock())
	}
	return errors.Join(errs...)
}

// recover checks every line, drops a cut-off last one, and leaves the file open
// at its end.
func (j *Journal) recover() error {
	end := int64(0)
	for line, err := range j.lines(j.file) {
		if err != nil {
			return err
		}
		j.sum, end = line.sum, line.end
	}
	size, err := j.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if j.torn = size - end; j.torn > 0 {
		if err := j.file.Truncate(end); err != nil {
			return err
		}
		if err := j.file.Sync(); err != nil {
			return err
		}
	}
	_, err = j.file.Seek(end, io.SeekStart)
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
		number := 0
		for line, err := range j.lines(f) {
			number++
			var rec offboard.Record
			if err == nil {
				err = json.Unmarshal(line.raw, &rec)
			}
			if err != nil && !errors.As(err, new(*CorruptError)) {
				err = &CorruptError{j.dir, number, err.Error()}
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// line is one whole line of the journal.
type line struct {
	raw []byte // the JSON of the record, without its checksum
	sum [32]byte
	end int64 // offset behind it
}

// lines yields every whole line with its checksum checked; what follows the last
// line break was never durable and is left out.
func (j *Journal) lines(r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		in := bufio.NewReader(r)
		last := line{}
		for number := 1; ; number++ {
			text, err := in.ReadBytes('\n')
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(line{}, err)
				return
			}
			next, problem := parseLine(text, last.sum)
			if problem != "" {
				yield(line{}, &CorruptError{j.dir, number, problem})
				return
			}
			next.end = last.end + int64(len(text))
			if !yield(next, nil) {
				return
			}
			last = next
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
	sum := j.sum
	for _, rec := range records {
		raw, err := json.Marshal(rec)
		if err != nil {
			return err
		}
		sum = chain(sum, raw)
		lines.Write(formatLine(raw, sum))
	}
	_, err := j.file.Write(lines.Bytes())
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("an earlier write to the journal failed: %w", err)
		return err
	}
	j.sum = sum
	return nil
}

// Create writes a new evidence file and makes it durable. The file appears under
// its name only when it is whole; when write fails, no file is left.
func (j *Journal) Create(name string, write func(io.Writer) error) (err error) {
	if j.file == nil {
		return j.broken
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("%q is no name for an evidence file", name)
	}
	if _, err := j.evidence.Lstat(name); err == nil {
		return fmt.Errorf("evidence %s: %w", name, fs.ErrExist)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := j.makeDirs(path.Dir(name)); err != nil {
		return err
	}
	part := name + ".part" // left behind by a crash, it is written over
	f, err := j.evidence.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		// The lock keeps other runs away, so nothing can have taken the name since.
		err = j.evidence.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, j.evidence.Remove(part))
	}
	return j.syncDirs(path.Dir(name))
}

// Open reads an evidence file.
func (j *Journal) Open(name string) (io.ReadCloser, error) {
	if j.evidence == nil {
		return nil, fmt.Errorf("evidence %s: %w", name, fs.ErrNotExist)
	}
	return j.evidence.Open(name)
}

func (j *Journal) makeDirs(dir string) error {
	if dir == "." {
		return nil
	}
	return j.evidence.MkdirAll(dir, 0o700)
}

// syncDirs makes the name of a new file durable, up to the evidence directory.
func (j *Journal) syncDirs(dir string) error {
	for {
		if err := syncDir(filepath.Join(j.dir, evidenceName, filepath.FromSlash(dir))); err != nil {
			return err
		}
		if dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

func writeHolder(dir string) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	data, err := json.Marshal(Holder{Host: host, PID: os.Getpid(), Since: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, holderName), data, 0o600)
}

func readHolder(dir string) (h Holder) {
	data, err := os.ReadFile(filepath.Join(dir, holderName))
	if err != nil || json.Unmarshal(bytes.TrimSpace(data), &h) != nil {
		return Holder{} // who holds it is a courtesy
	}
	return h
}
