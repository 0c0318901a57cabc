package filejournal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/practicekit/offboarding/offboard"
)

// EvidenceMismatchError says that an evidence file is not what a record of the
// journal says. The journal is right: its lines are chained.
type EvidenceMismatchError struct {
	Dir     string
	Name    string
	Record  int // the first record that names it so
	Problem string
	Err     error // of the disk, if there was one
}

func (e *EvidenceMismatchError) Error() string {
	return fmt.Sprintf("the evidence file %s in %s, which record %d names, %s: restore it from a backup", e.Name, e.Dir, e.Record, e.Problem)
}

func (e *EvidenceMismatchError) Unwrap() error { return e.Err }

// named is an evidence file as a record names it first.
type named struct {
	offboard.EvidenceRef
	record int
	time   time.Time
}

// namedFiles are the evidence files that records name, each once for every
// content that is stated of it, in the order of the records.
type namedFiles struct {
	refs []named
	seen map[offboard.EvidenceRef]bool
}

func (n *namedFiles) add(rec offboard.Record) {
	for _, ref := range rec.EvidenceRefs() {
		if n.seen[ref] {
			continue
		}
		if n.seen == nil {
			n.seen = map[offboard.EvidenceRef]bool{}
		}
		n.seen[ref] = true
		n.refs = append(n.refs, named{ref, rec.Seq, rec.Time})
	}
}

// check reads the file and compares it with what the record says. The root is
// nil where there is no evidence at all.
func (n named) check(dir string, root *os.Root) error {
	mismatch := func(problem string, err error) error {
		return &EvidenceMismatchError{Dir: dir, Name: n.Name, Record: n.record, Problem: problem, Err: err}
	}
	if !isName(n.Name) {
		return mismatch("has a name that no evidence file can have", nil)
	}
	if root == nil {
		return mismatch("is missing, as is the directory of the evidence", fs.ErrNotExist)
	}
	f, err := root.Open(n.Name)
	if err != nil {
		return mismatch("cannot be opened: "+err.Error(), err)
	}
	defer f.Close()
	problem, err := n.problem(f)
	switch {
	case err != nil:
		return mismatch("cannot be read: "+err.Error(), err)
	case problem != "":
		return mismatch(problem, nil)
	}
	return nil
}

// problem says in what the content differs from what the record states, or "".
func (n named) problem(r io.Reader) (string, error) {
	if n.JSON != "" {
		return jsonProblem(r, n.JSON)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil || n.SHA256 == "" {
		return "", err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != n.SHA256 {
		return fmt.Sprintf("has the SHA-256 %s and had %s", got, n.SHA256), nil
	}
	return "", nil
}

// jsonProblem compares the digest of a JSON value, and the white space around
// and in it, so that every byte of the file counts.
func jsonProblem(r io.Reader, digest string) (string, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return "", err
	}
	var compact, indented bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return "holds no JSON: " + err.Error(), nil
	}
	sum := sha256.Sum256(compact.Bytes())
	if got := hex.EncodeToString(sum[:]); !strings.HasPrefix(got, digest) {
		return fmt.Sprintf("holds a value with the SHA-256 %s, which should begin with %s", got, digest), nil
	}
	if err := json.Indent(&indented, compact.Bytes(), "", "  "); err != nil || indented.String()+"\n" != string(data) {
		return "has other white space than it was written with", nil
	}
	return "", nil
}

// others lists the files that no record names; parts are those whose writing has
// not come to its end.
func (n namedFiles) others(root *os.Root) (unnamed, parts []string, err error) {
	names := map[string]bool{}
	for _, ref := range n.refs {
		names[ref.Name] = true
	}
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() || names[name]:
		case strings.HasSuffix(name, partSuffix):
			parts = append(parts, name)
		default:
			unnamed = append(unnamed, name)
		}
		return nil
	})
	return unnamed, parts, err
}
