package filejournal

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"
)

// exportReadme is README.txt of the zip.
const exportReadme = `The file of the client %q.

It was taken from a journal with the head
%s
which is the number of its lines, and the checksum of the last one.

report.json, report.txt  where every step stands: what was done, on what proof, what was kept and why
journal.jsonl            the lines of the journal about this client, and about the runs, exactly as they stand
journal-chain.txt        for each of them its number in the journal, and the checksum of the line before it: the
                         "sum" of a line is the SHA-256 of that checksum, as 32 bytes, and of the line without its
                         "sum" member and line break
evidence/                the files that these lines name: histories as they were exported, byte for byte, snapshots,
                         specifications
derived/                 copies of the histories for spreadsheets, derived from those in evidence/: cells that begin
                         with = + - @ TAB CR or LF have an apostrophe before them
unrecorded/              files in the client's folder that no line of the journal names, if there are any
SHA256SUMS               run "sha256sum -c SHA256SUMS" where this was unpacked

The lines about the runs and the specifications name the other clients of those runs. This is a record of the
practice; it is not meant to be given to the client as it is.
`

// writeZip writes everything that was collected, always in the same order.
func (c *clientFile) writeZip(w io.Writer) error {
	z := &zipFile{w: zip.NewWriter(w), names: map[string]bool{}}
	report, err := json.MarshalIndent(c.report, "", "  ")
	if err != nil {
		return err
	}
	var text, journal, chain bytes.Buffer
	if err := c.report.WriteText(&text); err != nil {
		return err
	}
	for _, l := range c.lines {
		journal.Write(l.text)
		fmt.Fprintf(&chain, "%d %x\n", l.number, l.before)
	}
	z.addBytes("README.txt", c.newest, fmt.Appendf(nil, exportReadme, c.code, c.head))
	z.addBytes("report.json", c.newest, append(report, '\n'))
	z.addBytes("report.txt", c.newest, text.Bytes())
	z.addBytes("journal.jsonl", c.newest, journal.Bytes())
	z.addBytes("journal-chain.txt", c.newest, chain.Bytes())
	for _, n := range c.evidence {
		z.add("evidence/"+entryName(n.Name), n.time, func(w io.Writer) error { return c.copyEvidence(w, n) })
	}
	for _, n := range c.evidence {
		if n.SHA256 != "" {
			z.add("derived/"+strings.TrimSuffix(entryName(n.Name), ".csv")+"-for-spreadsheets.csv", n.time, func(w io.Writer) error { return c.deriveFrom(w, n) })
		}
	}
	for _, name := range c.unrecorded {
		z.add("unrecorded/"+entryName(name), c.newest, func(w io.Writer) error { return c.copyFile(w, name) })
	}
	return z.close(c.newest)
}

// copyEvidence copies a file, and compares once more what it copies.
func (c *clientFile) copyEvidence(w io.Writer, n named) error {
	return c.read(n.Name, func(r io.Reader) error {
		problem, err := n.problem(io.TeeReader(r, w))
		if err == nil && problem != "" {
			err = &EvidenceMismatchError{Dir: c.dir, Name: n.Name, Record: n.record, Problem: problem}
		}
		return err
	})
}

func (c *clientFile) deriveFrom(w io.Writer, n named) error {
	return c.read(n.Name, func(r io.Reader) error {
		if err := spreadsheetCopy(w, r); err != nil {
			return fmt.Errorf("the copy of %s for spreadsheets: %w", n.Name, err)
		}
		return nil
	})
}

func (c *clientFile) copyFile(w io.Writer, name string) error {
	return c.read(name, func(r io.Reader) error {
		_, err := io.Copy(w, r)
		return err
	})
}

func (c *clientFile) read(name string, use func(io.Reader) error) error {
	f, err := c.root.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return use(f)
}

// entryName is the name in the zip of an evidence file. Those that package
// offboard gives stay as they are; in others, what is no letter, digit, dot,
// hyphen or underscore is replaced.
func entryName(name string) string {
	var b strings.Builder
	start := true // of an element
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '/', c == '.' && !start:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
		start = c == '/'
	}
	return b.String()
}

// zipFile is a zip under way. After the first error it adds nothing more.
type zipFile struct {
	w     *zip.Writer
	sums  bytes.Buffer
	names map[string]bool
	err   error
}

func (z *zipFile) add(name string, modified time.Time, write func(io.Writer) error) {
	if z.err != nil {
		return
	}
	if !fs.ValidPath(name) || z.names[name] {
		z.err = fmt.Errorf("%q cannot be the name of a file in a zip, or is the name of two", name)
		return
	}
	z.names[name] = true
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified.UTC().Truncate(time.Second)}
	header.SetMode(0o600)
	entry, err := z.w.CreateHeader(header)
	if err != nil {
		z.err = err
		return
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(entry, sum)); err != nil {
		z.err = err
		return
	}
	fmt.Fprintf(&z.sums, "%s  %s\n", hex.EncodeToString(sum.Sum(nil)), name)
}

func (z *zipFile) addBytes(name string, modified time.Time, data []byte) {
	z.add(name, modified, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// close adds the digests and the table of contents: without it, nothing takes
// the bytes for a whole zip.
func (z *zipFile) close(modified time.Time) error {
	z.addBytes("SHA256SUMS", modified, z.sums.Bytes())
	if z.err != nil {
		return z.err
	}
	return z.w.Close()
}
