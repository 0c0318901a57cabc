package filejournal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/practicekit/offboarding/offboard"
)

// A line is the JSON object of the record with one more member at its end, the
// checksum: {"seq":1,…,"sum":"<hex>"}. The checksum is the SHA-256 of the
// checksum before it, as 32 bytes, and of the object without it, byte for byte.
// Before the first line it is all zeros.

const (
	sumOpen  = `,"sum":"`
	sumClose = `"}`
)

// line is one whole line of the journal.
type line struct {
	number int      // from 1
	text   []byte   // as it stands, with its line break
	raw    []byte   // the JSON of the record, without its checksum
	before [32]byte // checksum of the line before
	sum    [32]byte
	end    int64 // offset behind it
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

// lines yields every whole line with its checksum checked; what follows the last
// line break was never durable and is left out. A line that does not add up ends
// it with a *CorruptError about dir.
func lines(dir string, r io.Reader) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		in := bufio.NewReader(r)
		last := line{}
		for {
			text, err := in.ReadBytes('\n')
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(line{}, err)
				return
			}
			next, err := parseLine(text, last.sum)
			next.number, next.end = last.number+1, last.end+int64(len(text))
			if err != nil {
				yield(line{}, &CorruptError{dir, next.number, err.Error()})
				return
			}
			if !yield(next, nil) {
				return
			}
			last = next
		}
	}
}

// record decodes the record of the line.
func (l line) record(dir string) (offboard.Record, error) {
	var rec offboard.Record
	if err := json.Unmarshal(l.raw, &rec); err != nil {
		return offboard.Record{}, &CorruptError{dir, l.number, "it holds no record: " + err.Error()}
	}
	return rec, nil
}

// numbered decodes the record, whose number must be that of the line.
func (l line) numbered(dir string) (offboard.Record, error) {
	rec, err := l.record(dir)
	if err == nil && rec.Seq != l.number {
		err = &CorruptError{dir, l.number, fmt.Sprintf("it is record %d: a record is missing or repeated", rec.Seq)}
	}
	return rec, err
}

func chain(before [32]byte, raw []byte) (sum [32]byte) {
	h := sha256.New()
	h.Write(before[:])
	h.Write(raw)
	h.Sum(sum[:0])
	return sum
}

func formatLine(raw []byte, sum [32]byte) []byte {
	var b bytes.Buffer
	b.Write(raw[:len(raw)-1])
	b.WriteString(sumOpen)
	b.WriteString(hex.EncodeToString(sum[:]))
	b.WriteString(sumClose)
	b.WriteByte('\n')
	return b.Bytes()
}

// parseLine takes a line apart and checks it against the one before; the error
// says what does not add up.
func parseLine(text []byte, before [32]byte) (line, error) {
	body, ok := bytes.CutSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte(sumClose))
	i := len(body) - 2*sha256.Size
	if !ok || i < len(sumOpen) || string(body[i-len(sumOpen):i]) != sumOpen {
		return line{}, errors.New("it has no checksum")
	}
	raw := append(body[:i-len(sumOpen):i-len(sumOpen)], '}')
	sum := chain(before, raw)
	// Compared as text: a digest in capitals is a changed line, too.
	if hex.EncodeToString(sum[:]) != string(body[i:]) {
		return line{}, errors.New("its checksum does not fit it and the line before it: it was changed, or a line is missing")
	}
	return line{text: text, raw: raw, before: before, sum: sum}, nil
}
