package filejournal_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
)

// export is the zip of one client.
func export(t *testing.T, dir, code string, report offboard.Report) []byte {
	t.Helper()
	j, err := filejournal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var b bytes.Buffer
	if err := j.ExportClient(&b, code, report); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// unzip gives the files by name, and the names in their order.
func unzip(t *testing.T, data []byte) (files map[string][]byte, names []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		names = append(names, f.Name)
	}
	return files, names
}

// The whole file of a client: report, lines, evidence, digests.
func TestJournal_ExportClient(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01", "BETA02")
	files, names := unzip(t, export(t, dir, " acme01", report)) // a code is compared as everywhere
	var evidence []string
	for _, name := range evidenceFiles(t, dir) {
		if strings.HasPrefix(name, "client-beta02/") {
			continue
		}
		evidence = append(evidence, "evidence/"+name)
		if !bytes.Equal(files["evidence/"+name], readFile(t, filepath.Join(dir, "evidence", filepath.FromSlash(name)))) {
			t.Errorf("%s is not what it was", name)
		}
	}
	want := slices.Concat([]string{"README.txt", "report.json", "report.txt", "journal.jsonl", "journal-chain.txt"}, evidence,
		[]string{"derived/client-acme01/history-1-for-spreadsheets.csv", "SHA256SUMS"})
	if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(names)), want) {
		t.Errorf("it holds %v, want %v", names, want)
	}
	var of offboard.Report
	if err := json.Unmarshal(files["report.json"], &of); err != nil || len(of.Clients) != 1 || of.Clients[0].Code != "ACME01" || of.State() != offboard.Done {
		t.Errorf("%v, report %s", err, files["report.json"])
	}
	if text := string(files["report.txt"]); !strings.HasPrefix(text, "ACME01") || strings.Contains(text, "BETA02 ") {
		t.Errorf("report %s", text)
	}
	if !strings.Contains(string(files["README.txt"]), verify(t, dir, filejournal.Head{}).Head.String()) {
		t.Errorf("it does not say of which journal it is: %s", files["README.txt"])
	}
}

// The lines are those of the journal, and each can be checked by itself.
func TestJournal_ExportClient_lines(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01", "BETA02")
	files, _ := unzip(t, export(t, dir, "ACME01", report))
	lines := bytes.SplitAfter(files["journal.jsonl"], []byte("\n"))
	chain := strings.Split(string(files["journal-chain.txt"]), "\n")
	journal, at := linesOf(t, dir), 0
	for i, line := range journal {
		var rec offboard.Record
		if err := json.Unmarshal(line, &rec); err != nil {
			t.Fatal(err)
		}
		if rec.Client == "BETA02" {
			continue
		}
		if !bytes.Equal(lines[at], line) {
			t.Fatalf("line %d is %s, want %s", at+1, lines[at], line)
		}
		number, before, _ := strings.Cut(chain[at], " ")
		previous, err := hex.DecodeString(before)
		raw, sum, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\"}\n")), []byte(`,"sum":"`))
		got := sha256.Sum256(slices.Concat(previous, raw, []byte("}")))
		if err != nil || number != fmt.Sprint(i+1) || hex.EncodeToString(got[:]) != string(sum) {
			t.Errorf("line %d cannot be checked with %q", i+1, chain[at])
		}
		at++
	}
	if at == len(journal) || len(lines[at]) > 0 || len(chain) != at+1 {
		t.Errorf("%d of %d lines, and then %q", at, len(journal), lines[at:])
	}
}

// The digests are of the form that sha256sum -c takes.
func TestJournal_ExportClient_sums(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	files, names := unzip(t, export(t, dir, "ACME01", runIn(t, dir, "ACME01")))
	for _, name := range names {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		writeFile(t, path, files[name])
	}
	lines := strings.Split(strings.TrimSuffix(string(files["SHA256SUMS"]), "\n"), "\n")
	if len(lines) != len(names)-1 {
		t.Errorf("%d digests of %d files", len(lines), len(names)-1)
	}
	for _, line := range lines {
		sum, name, _ := strings.Cut(line, "  ")
		if digest(string(files[name])) != sum {
			t.Errorf("not so: %s", line)
		}
	}
	tool, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip("no sha256sum here")
	}
	cmd := exec.Command(tool, "-c", "--strict", "SHA256SUMS")
	cmd.Dir = out
	if said, err := cmd.CombinedOutput(); err != nil || strings.Count(string(said), ": OK\n") != len(lines) {
		t.Errorf("%v: %s", err, said)
	}
}

// The same journal gives the same bytes, also while a run has it open.
func TestJournal_ExportClient_sameBytes(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01", "BETA02")
	first := export(t, dir, "ACME01", report)
	var b bytes.Buffer
	if err := open(t, dir).ExportClient(&b, "ACME01", report); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, b.Bytes()) {
		t.Error("two zips of one journal differ")
	}
}

// The specification of a run that the client had no part in stays out, and with
// it the names in it.
func TestJournal_ExportClient_otherRuns(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01")
	runIn(t, dir, "BETA02")
	files, names := unzip(t, export(t, dir, "ACME01", report))
	for _, name := range names {
		if strings.Contains(string(files[name]), "Client BETA02") {
			t.Errorf("%s names another client", name)
		}
	}
	if got := strings.Count(strings.Join(names, "\n"), "evidence/spec-"); got != 1 {
		t.Errorf("%d specifications in %v", got, names)
	}
}

// A file in the client's folder that no record names is part of its file, under
// a name that is safe wherever it is unpacked.
func TestJournal_ExportClient_unrecorded(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01")
	folder := filepath.Join(dir, "evidence", "client-acme01")
	writeFile(t, filepath.Join(folder, "history-2.csv"), []byte("Date\n"))
	writeFile(t, filepath.Join(folder, "history-3.csv.part"), []byte("Da"))
	writeFile(t, filepath.Join(folder, "..odd name $(x).pdf"), []byte("odd"))
	files, names := unzip(t, export(t, dir, "ACME01", report))
	if string(files["unrecorded/client-acme01/history-2.csv"]) != "Date\n" || string(files["unrecorded/client-acme01/_2e.odd_20name_20_24_28x_29.pdf"]) != "odd" {
		t.Errorf("it holds %v", names)
	}
	if strings.Contains(strings.Join(names, "\n"), "history-3") {
		t.Errorf("half a file is in it: %v", names)
	}
}

// What is damaged is not handed over: nothing is written.
func TestJournal_ExportClient_damaged(t *testing.T) {
	history := filepath.Join("evidence", "client-acme01", "history-1.csv")
	for what, c := range map[string]struct {
		file   string
		change func([]byte) []byte
		want   any
	}{
		"a changed line":      {"journal.jsonl", func(b []byte) []byte { b[40] ^= 1; return b }, new(*filejournal.CorruptError)},
		"a missing line":      {"journal.jsonl", func(b []byte) []byte { return b[bytes.IndexByte(b, '\n')+1:] }, new(*filejournal.CorruptError)},
		"a changed history":   {history, func(b []byte) []byte { b[3] ^= 1; return b }, new(*filejournal.EvidenceMismatchError)},
		"a shortened history": {history, func(b []byte) []byte { return b[:len(b)/2] }, new(*filejournal.EvidenceMismatchError)},
		"a missing history":   {history, nil, new(*filejournal.EvidenceMismatchError)},
	} {
		dir := t.TempDir()
		report := runIn(t, dir, "ACME01")
		path := filepath.Join(dir, c.file)
		if c.change == nil {
			_ = os.Remove(path)
		} else {
			writeFile(t, path, c.change(readFile(t, path)))
		}
		j, err := filejournal.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := j.ExportClient(&b, "ACME01", report); !errors.As(err, c.want) || b.Len() > 0 {
			t.Errorf("%s: %v, and %d bytes", what, err, b.Len())
		}
		_ = j.Close()
	}
}

// A file that changes between the check and its copy is noticed as well.
func TestJournal_ExportClient_changedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01")
	path := filepath.Join(dir, "evidence", "client-acme01", "history-1.csv")
	j := open(t, dir)
	w := &onFirstWrite{do: func() { writeFile(t, path, []byte("Date\n")) }}
	if err := j.ExportClient(w, "ACME01", report); !errors.As(err, new(*filejournal.EvidenceMismatchError)) {
		t.Errorf("got %v", err)
	}
	if _, err := zip.NewReader(bytes.NewReader(w.Bytes()), int64(w.Len())); err == nil {
		t.Error("what was written passes for a zip")
	}
}

type onFirstWrite struct {
	bytes.Buffer
	do func()
}

func (w *onFirstWrite) Write(b []byte) (int, error) {
	if w.do != nil {
		w.do()
		w.do = nil
	}
	return w.Buffer.Write(b)
}

// Wherever the disk gets full, what is there does not pass for a zip.
func TestJournal_ExportClient_fullDisk(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01")
	size := len(export(t, dir, "ACME01", report))
	j := open(t, dir)
	full := errors.New("no space left on device")
	for room := 0; room < size; room += 97 {
		w := &limited{room: room, err: full}
		if err := j.ExportClient(w, "ACME01", report); !errors.Is(err, full) {
			t.Errorf("room for %d of %d bytes: %v", room, size, err)
		}
		if _, err := zip.NewReader(bytes.NewReader(w.Bytes()), int64(w.Len())); err == nil {
			t.Errorf("%d of %d bytes pass for a zip", room, size)
		}
	}
}

type limited struct {
	bytes.Buffer
	room int
	err  error
}

func (w *limited) Write(b []byte) (int, error) {
	if w.Len()+len(b) <= w.room {
		return w.Buffer.Write(b)
	}
	n, _ := w.Buffer.Write(b[:w.room-w.Len()])
	return n, w.err
}

// Who is not known, and what is no report of a run, is refused.
func TestJournal_ExportClient_unknown(t *testing.T) {
	dir := t.TempDir()
	report := runIn(t, dir, "ACME01")
	preview, other := report, offboard.Report{Clients: []offboard.ClientReport{{Code: "BETA02"}}}
	preview.Preview = true
	j := open(t, dir)
	for what, c := range map[string]struct {
		code   string
		report offboard.Report
		in     string
	}{
		"no client":            {"NOBODY", report, "journal"},
		"the whole run":        {"", report, "journal"},
		"a report of others":   {"ACME01", other, "report"},
		"an empty report":      {"ACME01", offboard.Report{}, "report"},
		"a preview's":          {"ACME01", preview, ""},
		"a part of the code":   {"ACME", report, "journal"},
		"the code of a folder": {"client-acme01", report, "journal"},
	} {
		var b bytes.Buffer
		err := j.ExportClient(&b, c.code, c.report)
		var unknown *filejournal.UnknownClientError
		if errors.As(err, &unknown) != (c.in != "") || c.in != "" && unknown.In != c.in || err == nil || b.Len() > 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
}
