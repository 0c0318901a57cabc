package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
	"github.com/practicekit/offboarding/offboard"
)

// propose writes a plan for the served practice's clients.
func (s *served) propose(t *testing.T, more ...string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "plan.json")
	s.run(t, append(more, "-preview", "-out", file)...).want(t, exitDone, "The plan is in "+file)
	return file
}

// runPlan runs a plan in the served practice.
func (s *served) runPlan(t *testing.T, plan string, more ...string) outcome {
	t.Helper()
	return offboardWith(t, append([]string{"-config", s.config, "-dir", s.dir, "-plan", plan}, more...)...)
}

func readPlan(t *testing.T, file string) offboard.PlanFile {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := offboard.ReadPlanFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// I10: a plan is made, looked at, and run: exactly that, and once.
func TestPlan(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	file := s.propose(t, "-folder", "archive", "-contacts", "delete")
	if got := s.Effects(); len(got) > 0 {
		t.Errorf("making the plan had effects: %v", got)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("making the plan wrote %s", s.dir)
	}
	info, err := os.Stat(file)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	plan := readPlan(t, file)
	if plan.Forecast.Clients != 2 || plan.Forecast.Waves != 1 || plan.Forecast.Calls == 0 {
		t.Errorf("the forecast in it is %+v", plan.Forecast)
	}
	s.runPlan(t, file, "-yes").want(t, exitDone, "stdout:Plan: "+file+", scope "+plan.Scope[:16], "stdout:2 clients: 2 done", "stdout:found in the Archive")
	s.runPlan(t, file, "-yes").want(t, exitDone)
	s.noneTwice(t)
}

// The world has moved: the run says in what, then and now, and touches nothing.
func TestPlan_Stale(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	file := s.propose(t)
	if _, err := s.Nimbus.AddDocument("ACME01", nimbustest.Document{Name: "late.pdf", Content: []byte("late")}); err != nil {
		t.Fatal(err)
	}
	o := s.runPlan(t, file, "-yes")
	o.want(t, exitUsage, file+" is out of date, and nothing was done", "\n  ACME01: the documents: in the plan 2, now 3 (new: d-", "Make another plan")
	if got := s.Effects(); len(got) > 0 || strings.Contains(o.stderr, "BETA02") {
		t.Errorf("effects %v; it says %s", got, o.stderr)
	}
	again := s.propose(t)
	offboardWith(t, "-compare", file, again).want(t, exitDiffers, "stdout:ACME01: the documents: in the plan 2, now 3")
	s.runPlan(t, again, "-yes").want(t, exitDone)
}

// I10: a plan that was changed by hand no longer is what its scope says.
func TestPlan_Edited(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	data, err := os.ReadFile(s.propose(t))
	if err != nil {
		t.Fatal(err)
	}
	edited := writeFile(t, "plan.json", strings.Replace(string(data), `"folder": "keep"`, `"folder": "archive"`, 1))
	s.runPlan(t, edited, "-yes").want(t, exitUsage, edited+": clients[0].scope does not fit")
	if got := s.Effects(); len(got) > 0 {
		t.Errorf("effects: %v", got)
	}
}

// A plan is never written over, and none is left of a preview that came to nothing.
func TestPlan_File(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	file := s.propose(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, "-preview", "-out", file).want(t, exitUsage, file+" exists already")
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the plan was touched: %v", err)
	}
	other := filepath.Join(t.TempDir(), "plan.json")
	s.run(t, "-preview", "-out", filepath.Join(other, "below")).want(t, exitUsage, "the plan has no place")
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	s.run(t, "-preview", "-out", other).want(t, exitFailed, "stdout:No plan is written", "Nothing was done")
	if _, err := os.Stat(other); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of a preview that failed there is a plan: %v", err)
	}
	// What a rule forbids is part of the plan.
	s.answer = nil
	s.run(t, "-preview", "-out", other, "-cdm=false").want(t, exitBlocked, "The plan is in "+other)
	if plan := readPlan(t, other); !strings.Contains(plan.Clients[0].Blocked, "edition is cdm") {
		t.Errorf("blocked by %q", plan.Clients[0].Blocked)
	}
}

// The retention date of a plan is looked at on the day on which it is run.
func TestPlan_Retention(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionNonCDM, true))
	s.clients = writeFile(t, "clients.csv", "code,retain_until\nACME01,2001-06-30\n")
	data, err := os.ReadFile(s.propose(t, "-cdm=false", "-folder", "delete", "-permanent", "moved away"))
	if err != nil {
		t.Fatal(err)
	}
	edited := writeFile(t, "plan.json", strings.Replace(string(data), "2001-06-30", "2999-06-30", 1))
	s.runPlan(t, edited, "-yes").want(t, exitUsage, "clients[0].scope")
	clients := clientList{file: "plan.json", items: []listedClient{{entity: offboard.Entity{Code: "ACME01"}}}}
	want := "plan.json: spec.entities[0].retainUntil is 2999-06-30"
	if err := clients.explain(&offboard.SpecError{Field: "entities[0].retainUntil", Problem: "is 2999-06-30"}); err.Error() != want {
		t.Errorf("it says %v", err)
	}
}

// P9: where a person tells which entity a client is, a plan is made after that, in
// the same directory; one that was made before does not know whom it is about.
func TestPlan_ByHand(t *testing.T) {
	t.Parallel()
	w := quickWorld(nimbus.EditionCDM, true)
	w.Capabilities = []nimbus.Capability{nimbus.CapabilityAccountEdition}
	s := serve(t, w)
	s.clients = writeFile(t, "clients.csv", "code\nGAMMA03\n")
	before := s.propose(t)
	args := []string{"-config", s.config, "-dir", s.dir, "-plan", before}
	offboardIn(t, t.Context(), environment{asks: true}, "yes\n", args...).want(t, exitUsage, "GAMMA03: what the systems have of it: in the plan not known, now ")
	after := s.propose(t)
	if plan := readPlan(t, after); plan.Clients[0].Snapshot == nil || plan.Clients[0].Snapshot.Proof != offboard.Attested {
		t.Errorf("%+v", plan.Clients[0])
	}
	s.runPlan(t, after).want(t, exitWaiting, "Waiting for a person")
}

func TestCompare(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	keep, again, archive := s.propose(t), s.propose(t), s.propose(t, "-folder", "archive")
	offboardWith(t, "-compare", keep, again).want(t, exitDone, "stdout:do not differ")
	o := offboardWith(t, "-compare", keep, archive)
	o.want(t, exitDiffers, "stdout:policy.documents.folder: in the plan keep, now archive")
	if n := strings.Count(o.stdout, "\n"); n != 1 {
		t.Errorf("%d lines:\n%s", n, o.stdout)
	}
	for other, want := range map[string]int{archive: 1, again: 0} {
		o := offboardWith(t, "-compare", keep, other, "-json")
		var changes []offboard.PlanChange
		if err := json.Unmarshal([]byte(o.stdout), &changes); err != nil || changes == nil || len(changes) != want {
			t.Errorf("%v: %s", err, o.stdout)
		}
	}
	offboardWith(t, "-compare", keep, s.config).want(t, exitUsage, s.config+": loopback is unknown")
	offboardWith(t, "-compare", keep, "missing.json").want(t, exitUsage, "the plan cannot be read")
}

// The commands of README.md: the built-in practice is the same each time, so a
// plan of it can be run.
func TestPlan_Builtin(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan.json")
	offboardWith(t, "-preview", "-out", file, "-folder", "archive").want(t, exitDone, "stdout:nothing is written but "+file, "-plan "+file+" runs it")
	offboardWith(t, "-plan", file, "-yes", "-dir", t.TempDir()).want(t, exitDone, "stdout:3 clients: 3 done")
}
