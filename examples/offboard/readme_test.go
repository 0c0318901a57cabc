package main

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// What README.md shows is what the program takes and gives.
func TestReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != 3 {
		t.Fatalf("%d blocks of JSON, want the config, the world and the report", len(blocks))
	}
	for i, into := range []any{new(config), nil, new(offboard.Report)} {
		if into == nil {
			continue
		}
		in := json.NewDecoder(bytes.NewReader(blocks[i][1]))
		in.DisallowUnknownFields()
		if err := in.Decode(into); err != nil {
			t.Errorf("block %d: %v", i+1, err)
		}
	}
	world, err := offboardtest.ReadWorld(bytes.NewReader(blocks[1][1]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := offboardtest.New(world); err != nil {
		t.Error(err)
	}
	for _, line := range strings.Split(usage, "\n") {
		if name, isFlag := strings.CutPrefix(line, "  -"); isFlag {
			name = strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '=' })[0]
			if !slices.ContainsFunc([]string{"`-" + name + "`", "`-" + name + " ", "`-" + name + "="}, func(s string) bool { return strings.Contains(string(text), s) }) {
				t.Errorf("-%s is not explained", name)
			}
		}
	}
}

// The first command of README.md.
func TestRun_Default(t *testing.T) {
	t.Parallel()
	o := offboardWith(t, "-yes", "-folder", "archive", "-dir", t.TempDir())
	o.want(t, exitDone, "stdout:30 of 30 steps and 3 of 3 clients done", "stdout:ACME01 Acme Example Pty Ltd: done", "stdout:3 clients: 3 done")
}
