package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// offboarded is a directory in which clients of a practice in memory were
// off-boarded, its anchor, and the report of the run.
func offboarded(t *testing.T, codes ...string) (dir, anchor string, report offboard.Report) {
	t.Helper()
	dir, anchor = filepath.Join(t.TempDir(), "offboarding"), filepath.Join(t.TempDir(), "offboarding.head")
	synctest.Test(t, func(t *testing.T) {
		practice, err := offboardtest.New(offboardtest.DefaultWorld(nimbus.EditionCDM, true))
		if err != nil {
			t.Fatal(err)
		}
		systems, err := practice.Systems(nil)
		if err != nil {
			t.Fatal(err)
		}
		spec := offboard.Spec{Source: offboard.SourceXPM, Policy: offboard.Policy{Documents: offboard.CDM{ArchiveFolder: true}}}
		for _, code := range codes {
			spec.Entities = append(spec.Entities, offboard.Entity{Code: code})
		}
		journal, err := filejournal.OpenAnchored(dir, filejournal.FileAnchor(anchor))
		if err != nil {
			t.Fatal(err)
		}
		runner := offboard.Runner{Plan: offboard.NewPlan(spec, systems), Journal: journal,
			Operator: offboard.Approve("Pat Example", "tests", nil), Wait: time.Hour}
		if report, err = runner.Run(t.Context()); err != nil || report.State() != offboard.Done {
			t.Fatalf("%s, %v", report.State(), err)
		}
		if err := journal.Close(); err != nil {
			t.Fatal(err)
		}
	})
	return dir, anchor, report
}

// want runs the program, and wants this exit code and these words in its output.
func want(t *testing.T, code int, words string, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(context.Background(), args, &stdout, &stderr); got != code {
		t.Errorf("%q: exit %d, want %d\n%s%s", args, got, code, &stdout, &stderr)
	}
	if !strings.Contains(stdout.String()+stderr.String(), words) {
		t.Errorf("%q: nothing of %q in\n%s%s", args, words, &stdout, &stderr)
	}
}

func change(t *testing.T, name string, f func([]byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, f(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRun_sound(t *testing.T) {
	dir, anchor, _ := offboarded(t, "ACME01")
	want(t, exitSound, dir+" is sound.", dir)
	want(t, exitSound, "none was given", dir)
	want(t, exitSound, "3 files are as the records say", dir)
	want(t, exitSound, "that were anchored, as they were", "-anchor", anchor, dir)
	for name, words := range map[string]string{"client-acme01/history-2.csv": "client-acme01/history-2.csv: no record names it", "spec.json.part": "spec.json.part: it is being written"} {
		if err := os.WriteFile(filepath.Join(dir, "evidence", filepath.FromSlash(name)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		want(t, exitSound, words, dir)
	}
	change(t, filepath.Join(dir, "journal.jsonl"), func(b []byte) []byte { return append(b, `{"seq`...) })
	want(t, exitSound, "the last 5 bytes are part of a line", dir)
}

func TestRun_damaged(t *testing.T) {
	dir, anchor, _ := offboarded(t, "ACME01")
	journal, history := filepath.Join(dir, "journal.jsonl"), filepath.Join(dir, "evidence", "client-acme01", "history-1.csv")
	whole, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	// A last line that was dropped is noticed by the anchor only.
	change(t, journal, func(b []byte) []byte { return b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1] })
	want(t, exitSound, "would not be noticed", dir)
	want(t, exitDamaged, "were anchored", "-anchor", anchor, dir)
	change(t, journal, func([]byte) []byte { b := bytes.Clone(whole); b[len(b)/2] ^= 1; return b })
	want(t, exitDamaged, "DAMAGED", dir)
	change(t, journal, func([]byte) []byte { return whole })
	change(t, history, func(b []byte) []byte { b[0] ^= 1; return b })
	out := filepath.Join(t.TempDir(), "out.zip")
	want(t, exitDamaged, "client-acme01/history-1.csv", "-client", "ACME01", "-out", out, dir)
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) > 0 {
		t.Errorf("a zip of damaged evidence: %v", left)
	}
	if err := os.RemoveAll(filepath.Join(dir, "evidence")); err != nil {
		t.Fatal(err)
	}
	want(t, exitDamaged, "missing", dir)
	if err := os.Remove(journal); err != nil {
		t.Fatal(err)
	}
	want(t, exitDamaged, "no journal", dir)
}

func TestRun_usage(t *testing.T) {
	dir, _, _ := offboarded(t, "ACME01")
	out, garbage := filepath.Join(t.TempDir(), "out.zip"), filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("3-abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, exitUsage, "one directory is needed")
	want(t, exitUsage, "one directory is needed", dir, dir)
	want(t, exitUsage, "only together", "-client", "ACME01", dir)
	want(t, exitUsage, "only together", "-out", out, dir)
	want(t, exitUsage, "-none", "-none", dir)
	want(t, exitUsage, "missing", filepath.Join(dir, "missing"))
	want(t, exitUsage, "no directory", filepath.Join(dir, "journal.jsonl"))
	want(t, exitUsage, "find out who removed it", "-anchor", filepath.Join(dir, "missing"), dir)
	want(t, exitUsage, "no head of a journal", "-anchor", garbage, dir)
	want(t, exitUsage, "exists already", "-client", "ACME01", "-out", garbage, dir)
	want(t, exitUsage, "check its spelling", "-client", "NOBODY", "-out", out, dir)
	want(t, exitUsage, "not", "-client", "ACME01", "-out", filepath.Join(out, "below"), dir)
	want(t, exitSound, "usage: verify", "-help")
	if _, err := os.Stat(out); err == nil {
		t.Error("a zip was left")
	}
}

// The zip says of the client what the run's own report says.
func TestRun_export(t *testing.T) {
	dir, anchor, report := offboarded(t, "ACME01", "BETA02")
	out := filepath.Join(t.TempDir(), "ACME01.zip")
	want(t, exitSound, "The file of acme01 is "+out, "-anchor", anchor, "-client", "acme01", "-out", out, dir)
	z, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open("report.json")
	if err != nil {
		t.Fatal(err)
	}
	var got offboard.Report
	if err := json.NewDecoder(f).Decode(&got); err != nil {
		t.Fatal(err)
	}
	wanted := offboard.Report{Version: 1, Clients: report.Clients[:1]}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("the report of the run (-) and of the zip (+) differ:\n%s", diff)
	}
	if left, _ := os.ReadDir(filepath.Dir(out)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// Every flag is explained.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, flag := range []string{"-anchor FILE", "-client CODE", "-out FILE"} {
		if !strings.Contains(string(text), "| `"+flag+"` |") {
			t.Errorf("%s is not explained", flag)
		}
	}
}
