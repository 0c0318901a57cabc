package filejournal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// UnknownClientError says that the journal, or the report, knows nothing of a
// client whose file was to be exported.
type UnknownClientError struct {
	Dir, Code string
	// In is "journal" or "report".
	In string
}

func (e *UnknownClientError) Error() string {
	return fmt.Sprintf("the %s of %s says nothing of a client with the code %q: check its spelling", e.In, e.Dir, e.Code)
}

// ExportClient writes the whole file of one client as a zip: the report, the
// lines of the journal about the client and about the run, its evidence, copies
// of its histories for spreadsheets, and SHA256SUMS of all of it. README.txt in
// the zip says what each of them is. Of the report only what is about this client
// is taken; it must not be a preview.
//
// Everything is checked as [Verify] does before the first byte is written: a
// damaged journal is a *CorruptError, evidence that is not what the journal says
// an *EvidenceMismatchError, a client that is not known an *UnknownClientError.
// When writing fails, what was written has no table of contents, and no zip
// program takes it for whole; throw it away.
//
// The same journal and report give the same bytes with the same build of the
// program: all times are those of the records. It needs no lock, and works on a
// journal that [Read] opened.
//
// The zip holds names of people. The lines about the run and the specification
// name the other clients of the run, too: it is the practice's record, and not
// meant for the client.
func (j *Journal) ExportClient(w io.Writer, code string, report offboard.Report) error {
	c, err := j.collect(code)
	if err != nil {
		return err
	}
	if err := c.takeReport(report); err != nil {
		return err
	}
	return c.writeZip(w)
}

// clientFile is all that stands about one client in a directory.
type clientFile struct {
	dir        string
	root       *os.Root
	code       string
	head       Head
	lines      []line
	newest     time.Time // of those lines
	evidence   []named
	unrecorded []string // files in the client's folder that no record names
	report     offboard.Report
}

// collect reads the journal, and checks the evidence of the client.
func (j *Journal) collect(code string) (*clientFile, error) {
	c := &clientFile{dir: j.dir, root: j.evidence.root, code: code}
	f, err := os.Open(filepath.Join(j.dir, journalName))
	if err != nil {
		return nil, fmt.Errorf("there is no journal that can be read in %s: %w", j.dir, err)
	}
	defer f.Close()
	files, err := c.readJournal(f)
	if err != nil {
		return nil, err
	}
	for _, n := range files.refs {
		if err := n.check(c.dir, c.root); err != nil {
			return nil, err
		}
		if about, err := c.isAbout(n); err != nil {
			return nil, err
		} else if about {
			c.evidence = append(c.evidence, n)
		}
	}
	if c.root != nil {
		unnamed, _, err := files.others(c.root)
		if err != nil {
			return nil, err
		}
		for _, name := range unnamed {
			if offboard.IsEvidenceOf(code, name) {
				c.unrecorded = append(c.unrecorded, name)
			}
		}
	}
	return c, nil
}

// readJournal checks every line, keeps those about the client and those about no
// client, and returns the files that these name.
func (c *clientFile) readJournal(r io.Reader) (files namedFiles, err error) {
	known := false
	for line, err := range lines(c.dir, r) {
		if err != nil {
			return files, err
		}
		rec, err := line.numbered(c.dir)
		if err != nil {
			return files, err
		}
		c.head = Head{line.number, line.sum}
		if rec.Client != "" && !rec.IsAbout(c.code) {
			continue
		}
		known = known || rec.IsAbout(c.code)
		c.lines = append(c.lines, line)
		if rec.Time.After(c.newest) {
			c.newest = rec.Time
		}
		files.add(rec)
	}
	if !known {
		return files, &UnknownClientError{Dir: c.dir, Code: c.code, In: "journal"}
	}
	return files, nil
}

// isAbout leaves out the specifications of runs that the client had no part in.
func (c *clientFile) isAbout(n named) (bool, error) {
	if path.Dir(n.Name) != "." {
		return true, nil
	}
	f, err := c.root.Open(n.Name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var spec struct{ Entities []offboard.Entity }
	if err := json.NewDecoder(f).Decode(&spec); err != nil || len(spec.Entities) == 0 {
		return true, nil // no specification of clients: rather too much than too little
	}
	for _, e := range spec.Entities {
		if offboard.SameCode(e.Code, c.code) {
			return true, nil
		}
	}
	return false, nil
}

// takeReport keeps of the report what is about the client.
func (c *clientFile) takeReport(r offboard.Report) error {
	if r.Preview {
		return errors.New("the report is that of a preview, and no record of what was done: pass that of a run")
	}
	c.report = offboard.Report{Version: r.Version}
	for _, client := range r.Clients {
		if offboard.SameCode(client.Code, c.code) {
			c.report.Clients = append(c.report.Clients, client)
		}
	}
	if len(c.report.Clients) == 0 {
		return &UnknownClientError{Dir: c.dir, Code: c.code, In: "report"}
	}
	for _, task := range r.Tasks {
		if task.Client == "" || offboard.SameCode(task.Client, c.code) {
			c.report.Tasks = append(c.report.Tasks, task)
		}
	}
	return nil
}
