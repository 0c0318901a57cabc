package filejournal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// Verification is what [Verify] has checked and found.
type Verification struct {
	// Head is that of the journal as it was read: its Lines are whole, chained,
	// and records 1 to Lines.
	Head        Head
	First, Last time.Time // of the first and the last record
	// Anchored is the head that the journal was checked against; zero: none, so
	// that lines dropped at its end would not be noticed.
	Anchored Head
	// Torn is the number of bytes of a cut-off last line: of a run that died in the
	// middle of a write, or of one that is writing just now.
	Torn int64
	// Evidence counts the files that records name and that are as they say.
	Evidence int
	// Existing lists those among them of which no record says what they hold: they
	// exist, and no more was checked.
	Existing []string
	// Unnamed lists the evidence files that no record names: those of a run that
	// died before it recorded them or is about to, or files that somebody else put
	// there.
	Unnamed []string
	// Parts lists evidence files that are being written, or were when a run died.
	Parts []string
}

// Verify checks a directory with journal and evidence, and changes nothing. It
// needs no lock, and works while another process writes.
//
// It checks that every line is chained to the one before, that the records are
// numbered from 1 without a gap, that the journal holds the anchored head (the
// zero Head anchors nothing), and that every evidence file that a record names
// exists and has the digest that the record or the file's name states. A cut-off
// last line and files that no record names are told and no error. Load the anchor
// before Verify is called, so that a run that goes on is never ahead of the
// journal that is read.
//
// The error is a *CorruptError, an *AnchorError, or for evidence all the
// *EvidenceMismatchError joined; a directory without a journal is fs.ErrNotExist.
// The Verification tells what was checked until then.
func Verify(dir string, anchored Head) (Verification, error) {
	v := Verification{Anchored: anchored}
	f, err := os.Open(filepath.Join(dir, journalName))
	if err != nil {
		return v, fmt.Errorf("there is no journal that can be read in %s: %w", dir, err)
	}
	defer f.Close()
	var named namedFiles
	if err := v.readJournal(dir, f, &named); err != nil {
		return v, err
	}
	return v, v.checkEvidence(dir, named)
}

// readJournal checks every line, and notes the evidence files that they name.
func (v *Verification) readJournal(dir string, r io.Reader, named *namedFiles) error {
	in, end := &countingReader{r: r}, int64(0)
	for line, err := range lines(dir, in) {
		var rec offboard.Record
		if err == nil {
			rec, err = line.numbered(dir)
		}
		if err == nil {
			err = v.Anchored.fits(dir, line)
		}
		if err != nil {
			return err
		}
		if line.number == 1 {
			v.First = rec.Time
		}
		v.Head, v.Last, end = Head{line.number, line.sum}, rec.Time, line.end
		named.add(rec)
	}
	v.Torn = in.n - end
	return v.Anchored.reachedBy(dir, v.Head)
}

// checkEvidence checks every file that a record names, and lists the others.
func (v *Verification) checkEvidence(dir string, named namedFiles) error {
	root, err := os.OpenRoot(filepath.Join(dir, evidenceName))
	switch {
	case err == nil:
		defer root.Close()
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the evidence cannot be read: %w", err)
	}
	var errs []error
	for _, n := range named.refs {
		if err := n.check(dir, root); err != nil {
			errs = append(errs, err)
			continue
		}
		v.Evidence++
		if n.SHA256 == "" && n.JSON == "" {
			v.Existing = append(v.Existing, n.Name)
		}
	}
	if root != nil {
		v.Unnamed, v.Parts, err = named.others(root)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// countingReader counts the bytes that were read.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
