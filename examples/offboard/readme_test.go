package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
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
	strict := func(into any) func([]byte) error {
		return func(block []byte) error {
			in := json.NewDecoder(bytes.NewReader(block))
			in.DisallowUnknownFields()
			return in.Decode(into)
		}
	}
	readers := []struct {
		what string
		read func([]byte) error
	}{
		{"plan", func(block []byte) error {
			plan, err := offboard.ReadPlanFile(bytes.NewReader(block))
			if err == nil {
				wantBuiltinPlan(t, plan)
			}
			return err
		}},
		{"policy", func(block []byte) error {
			_, err := offboard.ReadPolicy(bytes.NewReader(block))
			return err
		}},
		{"config", strict(new(config))},
		{"world", func(block []byte) error {
			world, err := offboardtest.ReadWorld(bytes.NewReader(block))
			if err == nil {
				_, err = offboardtest.New(world)
			}
			return err
		}},
		{"report", strict(new(offboard.Report))},
	}
	blocks := regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) != len(readers) {
		t.Fatalf("%d blocks of JSON, want %d", len(blocks), len(readers))
	}
	for i, r := range readers {
		if err := r.read(blocks[i][1]); err != nil {
			t.Errorf("the %s: %v", r.what, err)
		}
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

// wantBuiltinPlan fails unless the plan is what a preview of the built-in practice
// finds today.
func wantBuiltinPlan(t *testing.T, plan offboard.PlanFile) {
	t.Helper()
	e := plan.Spec.Entities[0]
	clients := writeFile(t, "clients.csv", fmt.Sprintf("code,name,service_ended\n%s,%s,%s\n", e.Code, e.Name, e.ServiceEnded))
	file := filepath.Join(t.TempDir(), "plan.json")
	offboardWith(t, "-preview", "-out", file, "-folder", "archive", clients).want(t, exitDone)
	made := readPlan(t, file)
	if changes := offboard.ComparePlans(plan, made); len(changes) > 0 || plan.Scope != made.Scope || plan.Forecast != made.Forecast {
		t.Errorf("%v; the plan is of scope %s with %+v", changes, made.Scope, made.Forecast)
	}
	for _, shown := range plan.Clients[0].Steps {
		if !slices.ContainsFunc(made.Clients[0].Steps, func(s offboard.StepReport) bool { return reflect.DeepEqual(s, shown) }) {
			t.Errorf("the plan has no %+v", shown)
		}
	}
}

// The first command of README.md.
func TestRun_Default(t *testing.T) {
	t.Parallel()
	o := offboardWith(t, "-yes", "-folder", "archive", "-dir", t.TempDir())
	o.want(t, exitDone, "stdout:30 of 30 steps and 3 of 3 clients done", "stdout:ACME01 Acme Example Pty Ltd: done", "stdout:3 clients: 3 done")
}
