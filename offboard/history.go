package offboard

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

// exportHistory saves the Client History to the evidence: unfiltered, complete
// by Nimbus' own count, verified by reading it back (R1, R2, I1). An export is
// never replaced; rows added since go into a further file beside it.
func (p practice) exportHistory() Step {
	return Step{
		StepInfo: StepInfo{Name: StepExportHistory, Does: "export the Client History and verify the file", Rule: "R1, R2, I1",
			Needs: []string{StepPreflight}, Scope: PerClient},
		Check: p.checkExport,
		Apply: p.applyExport,
	}
}

func (p practice) checkExport(ctx context.Context, v View) (Verdict, error) {
	last := v.Facts.History
	if last == nil && v.Touched() {
		return blocked("R1, I1", "the client was touched before its history was exported: an export now could be empty")
	}
	if last != nil {
		if err := verifyEvidence(v.evidence, *last); err != nil {
			return blocked("I1", "the verified history %s is damaged: %v: restore it from a backup", last.File, err)
		}
		if v.Facts.Removed != nil {
			return exported(*last), nil
		}
	}
	readable, err := p.offers(ctx, v, nimbus.CapabilityHistoryExport)
	if err != nil {
		return Verdict{}, err
	}
	next := Verdict{State: Todo, Target: v.nextHistory()}
	if !readable || v.Facts.Snapshot.Nimbus == "" {
		if last != nil {
			return exported(*last), nil
		}
		_, ask, ok := v.byHand(exportTask(v, next.Target))
		if !ok {
			return ask, nil
		}
		next.Reason = "take over the file that a person exported"
		return next, nil
	}
	rows, err := p.Nimbus.History.Count(ctx, v.Facts.Snapshot.Nimbus)
	left, err := absent(err)
	switch {
	case err != nil:
		return Verdict{}, err
	case last != nil && v.removable() && (left || rows < last.Rows):
		return exported(*last), nil // a sync has deleted it meanwhile
	case left && last == nil:
		return blocked("R1, I1", "the entity has left Nimbus, and its history with it")
	case left:
		return blocked("R8a, I1", "the entity has left Nimbus since it was resolved: a further run sees whether it was taken out of its source system before")
	case last == nil:
		next.Reason = "export " + plural(rows, "row")
		return next, nil
	case rows < last.Rows:
		return blocked("I1", "Nimbus states %d history rows, fewer than the %d of the verified export: the history was deleted meanwhile", rows, last.Rows)
	case rows > last.Rows+v.filingsSince() && v.exportsInSession() >= maxExports:
		return blocked("I1", "the history keeps growing, by now to %d rows: find out what adds to it, and run again", rows)
	case rows > last.Rows+v.filingsSince():
		next.Reason = fmt.Sprintf("the history has grown from %d to %d rows: export it again beside the first file", last.Rows, rows)
		return next, nil
	}
	return exported(*last), nil
}

// removable reports whether a sync may have removed the client by now: because
// of what this run did, or because it was archived before (R8a).
func (v View) removable() bool { return v.Touched() || v.Facts.leftUpstream() }

// nextHistory is the name of the next export: one more than those that were
// verified or refused. An export that a crash cut short has left no file, or a
// whole one that applyExport takes over.
func (v View) nextHistory() string {
	n := 1
	for _, e := range v.effects() {
		if e.state != Unknown {
			n++
		}
	}
	return fmt.Sprintf("%s/history-%d.csv", evidenceDir(v.Entity.Code), n)
}

// exportTask asks for the file that becomes the target. A file that was refused
// is asked for anew, since the next target has another number.
func exportTask(v View, target string) Task {
	what := "Export the Client History of " + v.Entity.Code + ", and hand back the .csv file and the number of rows"
	return inNimbus(nimbus.CapabilityHistoryExport, what, Task{
		ID: strings.TrimSuffix(path.Base(target), ".csv"), Rule: "R1, R2, P9",
		Why:      "the history is deleted together with the entity and cannot be brought back",
		HandBack: HandBack{File: true, Count: true},
	})
}

// filingsSince is how many rows of the history come of filing the newest export:
// one, once it is proved that it is filed. What is not proved does not count; it
// could hide a row that somebody else has added.
func (v View) filingsSince() int {
	if filed := v.Facts.Filed; filed != nil && filed.SHA256() == v.Facts.History.SHA256 {
		return 1
	}
	return 0
}

// maxExports is how often one session exports a history that keeps growing.
const maxExports = 5

func (v View) exportsInSession() (n int) {
	session := v.session()
	for _, e := range v.effects() {
		if e.seq > session {
			n++
		}
	}
	return n
}

func exported(h HistoryFile) Verdict {
	return Verdict{
		State: Done, Proof: h.Proof, Reason: plural(h.Rows, "row") + ", verified",
		Details: map[string]string{"file": h.File, "sha256": h.SHA256, "rows": fmt.Sprint(h.Rows)},
		Kept:    []Kept{{What: "history", ID: h.File, Why: "in the evidence, sha256 " + h.SHA256, Rule: "R1"}},
	}
}

func (p practice) applyExport(ctx context.Context, v View, target string) (Applied, error) {
	body, stated, proof, err := p.openHistory(ctx, v, target)
	if err != nil {
		return Applied{}, err
	}
	defer body.Close()
	h := HistoryFile{File: target, Proof: proof, Exported: dateOf(v.Now)}
	if last := v.Facts.History; last != nil {
		h.Earlier = append(slices.Clone(last.Earlier), last.SHA256)
	}
	var broken error // what is wrong with the export, as against the disk
	save := func(w io.Writer) error {
		disk := &diskWriter{w: w}
		sum := sha256.New()
		h.Rows, err = countRows(io.TeeReader(body, io.MultiWriter(disk, sum)))
		switch {
		case disk.err != nil:
			return disk.err
		case err != nil:
			broken = fmt.Errorf("the export is no complete CSV file: %w", err)
		case v.Facts.History != nil && h.Rows < v.Facts.History.Rows:
			broken = fmt.Errorf("%w: the export has %d rows, fewer than the %d of the verified one: the history was deleted meanwhile (I1)", errRefused, h.Rows, v.Facts.History.Rows)
		case h.Rows != stated:
			broken = fmt.Errorf("%w: the export has %d rows and %d were stated: it is incomplete or filtered (R2)", errRefused, h.Rows, stated)
		}
		h.SHA256, h.Size = hex.EncodeToString(sum.Sum(nil)), disk.n
		return broken
	}
	if err = v.evidence.Create(target, save); errors.Is(err, fs.ErrExist) {
		// An earlier run died between writing the file and recording it. It is
		// taken over if the export still is the same, byte for byte.
		err = save(io.Discard)
		if err == nil && verifyEvidence(v.evidence, h) != nil {
			broken = fmt.Errorf("%w: %s exists and is another export; the next one gets another name", errRefused, target)
		}
	}
	switch {
	case broken != nil:
		return Applied{}, broken
	case err == nil:
		err = verifyEvidence(v.evidence, h)
	}
	if err != nil {
		return Applied{}, &EvidenceError{Name: target, Err: err}
	}
	return Applied{Facts: Facts{History: &h}}, nil
}

// openHistory opens the export of Nimbus, or the file that a person handed back.
func (p practice) openHistory(ctx context.Context, v View, target string) (body io.ReadCloser, rows int, proof Proof, err error) {
	if answer, _, ok := v.byHand(exportTask(v, target)); ok {
		f, err := os.Open(answer.File)
		if err != nil {
			return nil, 0, "", fmt.Errorf("%w: the file that was handed back: %w", errRefused, err)
		}
		return f, answer.Count, Attested, nil
	}
	export, err := p.Nimbus.History.Export(ctx, v.Facts.Snapshot.Nimbus)
	if err != nil {
		return nil, 0, "", err
	}
	return export.Body, export.Rows, Read, nil
}

// diskWriter counts what was written and keeps the error of writing apart from
// that of reading.
type diskWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (d *diskWriter) Write(b []byte) (int, error) {
	n, err := d.w.Write(b)
	d.n += int64(n)
	d.err = errors.Join(d.err, err)
	return n, err
}

// byteOrderMark is what some programs begin UTF-8 text with.
const byteOrderMark = "\ufeff"

// countRows reads a whole CSV file and counts its records without the header
// line. A record with another number of fields than the header is an error.
func countRows(r io.Reader) (int, error) {
	in := bufio.NewReader(r)
	if mark, err := in.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark)) // it is in the buffer
	}
	records := csv.NewReader(in)
	records.ReuseRecord = true
	for n := 0; ; n++ {
		_, err := records.Read()
		switch {
		case err == io.EOF && n == 0:
			return 0, errors.New("it is empty, without even a header line")
		case err == io.EOF:
			return n - 1, nil
		case err != nil:
			return 0, err
		}
	}
}

// verifyEvidence reads the file back and compares its digest (I1).
func verifyEvidence(e Evidence, h HistoryFile) error {
	f, err := e.Open(h.File)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != h.SHA256 {
		return fmt.Errorf("its SHA-256 is %s and was %s when it was verified (I1)", got, h.SHA256)
	}
	return nil
}
