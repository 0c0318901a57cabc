package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/filejournal"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

func TestRun_EveryVariant(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edition    nimbus.Edition
		integrated bool
		args       string
		want       string
	}{
		"xpm, archived":    {nimbus.EditionCDM, true, "-folder archive -contacts delete", "3 files found in the Archive"},
		"xpm, kept":        {nimbus.EditionNonCDM, true, "-cdm=false -contacts revoke", "kept as orphaned folder"},
		"xpm, for good":    {nimbus.EditionNonCDM, true, "-cdm=false -folder delete -permanent x", "gone for good"},
		"myobae":           {nimbus.EditionCDM, true, "-source myobae", "close-client"},
		"myobae field":     {nimbus.EditionCDM, true, "-source myobae-field", "clear-extra-field"},
		"none":             {nimbus.EditionCDM, false, "-source none", "delete-client"},
		"edition of flags": {"", true, "-cdm=false", "edition non-cdm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := quickWorld(c.edition, c.integrated)
			args := append(strings.Fields(c.args), "-yes", "-dir", t.TempDir(), "-world", worldFile(t, w))
			offboardWith(t, args...).want(t, exitDone, "stdout:"+c.want, "stdout:3 of 3 clients done", "stdout:3 clients: 3 done", "stdout:kept: ")
		})
	}
}

// The extra field has another name in other practices; the built-in one follows.
func TestRun_NamedField(t *testing.T) {
	t.Parallel()
	o := offboardWith(t, "-preview", "-source", "myobae-field", "-field", "Portal")
	o.want(t, exitDone, `stdout:clear the Extra Field "Portal"`)
	o = offboardWith(t, "-preview", "-source", "xpm-field", "-field", "Portal")
	o.want(t, exitDone, `stdout:clear the custom field "Portal"`)
}

func TestRun_Report(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	o := s.run(t, "-yes", "-as", "pat", "-folder", "archive", "-json")
	o.want(t, exitDone, "20 of 20 steps and 2 of 2 clients done", "Journal and evidence: "+s.dir)
	r := decodeReport(t, o)
	if r.Version != 1 || len(r.Clients) != 2 || r.Clients[0].Code != "ACME01" || r.Clients[0].State != offboard.Done {
		t.Errorf("got %+v", r)
	}
	if r.Calls["xpm"] == 0 || r.Calls["nimbus"] == 0 || r.Calls["myobae"] != 0 {
		t.Errorf("calls are %v", r.Calls)
	}
	for _, step := range r.Clients[0].Steps {
		if step.State != offboard.Done || step.Proof == "" {
			t.Errorf("%+v", step)
		}
		if step.Name == offboard.StepApprove && (step.Proof != offboard.Attested || step.Evidence["attestedBy"] != "pat") {
			t.Errorf("%+v", step)
		}
	}
	var raw struct{ Clients []map[string]any }
	if err := json.Unmarshal([]byte(o.stdout), &raw); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(raw.Clients[1])); !slices.Equal(keys, []string{"code", "kept", "return", "state", "steps", "wave"}) {
		t.Errorf("a client has %q", keys)
	}
}

func TestRun_WithoutApproval(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	o := s.run(t, "-json")
	o.want(t, exitWaiting, "Waiting for approval", "stdin is no terminal", "-dir "+s.dir)
	if r := decodeReport(t, o); r.State() != offboard.Waiting || len(r.Tasks) != 1 || !r.Tasks[0].Approval {
		t.Errorf("got %+v", r)
	}
	for _, e := range s.Effects() {
		if e.Destructive {
			t.Errorf("not approved: %+v", e)
		}
	}
	// The same command again, approved, continues, and once more changes nothing.
	s.run(t, "-yes").want(t, exitDone)
	s.noneTwice(t)
	before := s.changed()
	s.run(t, "-yes").want(t, exitDone)
	if s.changed() != before {
		t.Errorf("%d changes after everything was done", s.changed()-before)
	}
}

func TestRun_Preview(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	s.run(t, "-preview", "-folder", "archive", "-contacts", "delete").want(t, exitDone, "stdout:todo", "stdout:Preview: nothing is sent but reads")
	if got := s.Effects(); len(got) > 0 {
		t.Errorf("a preview had effects: %v", got)
	}
	if _, err := os.Stat(s.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a preview wrote %s", s.dir)
	}
	s.run(t, "-preview", "-cdm=false").want(t, exitBlocked, "stdout:edition is cdm")
}

func TestRun_Blocked(t *testing.T) {
	t.Parallel()
	w := quickWorld(nimbus.EditionCDM, true)
	offboardWith(t, "-yes", "-cdm=false", "-dir", t.TempDir(), "-world", worldFile(t, w)).
		want(t, exitBlocked, "Blocked by a rule", "stdout:the account's edition is cdm")

	w.Clients[3].XPM.Archived = true // I12: the sync would remove it unexported
	s := serve(t, w)
	s.run(t, "-yes").want(t, exitBlocked, "stdout:would also remove DELTA04", "-dir "+s.dir)
	if s.State().Nimbus.Syncs != nil && s.State().Nimbus.Syncs[0].Kind == nimbus.SyncFull {
		t.Error("the sync was started")
	}
}

func TestRun_WaitsForSync(t *testing.T) {
	t.Parallel()
	w := quickWorld(nimbus.EditionCDM, true)
	w.Sync.Takes = offboardtest.Duration(time.Hour)
	offboardWith(t, "-yes", "-wait", "0", "-dir", t.TempDir(), "-world", worldFile(t, w)).
		want(t, exitWaiting, "longer than -wait 0s", "stdout:waiting", "to continue")
}

// An interrupted run starts nothing new, wherever it was, and the same command goes
// on to the end.
func TestRun_Interrupted(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"GET /history", "POST /documents", "PUT /client.api/archive", "GET /v1/syncs", "POST /archive"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			w := quickWorld(nimbus.EditionCDM, true)
			w.Sync.Takes = offboardtest.Duration(100 * time.Millisecond)
			s := serve(t, w)
			ctx, cancel := context.WithCancel(t.Context())
			s.answer = func(_ http.ResponseWriter, r *http.Request) bool {
				if method, part, _ := strings.Cut(call, " "); r.Method == method && strings.Contains(r.URL.Path, part) {
					cancel()
				}
				return false
			}
			o := offboardIn(t, ctx, environment{}, "", "-yes", "-folder", "archive", "-config", s.config, "-dir", s.dir, s.clients)
			o.want(t, exitWaiting, "Interrupted", "to continue")
			s.answer = nil
			s.run(t, "-yes", "-folder", "archive").want(t, exitDone)
			s.noneTwice(t)
		})
	}
}

func TestRun_Directory(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))

	holder, err := filejournal.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes").want(t, exitFailed, "holds "+s.dir, "since")
	if err := holder.Close(); err != nil {
		t.Fatal(err)
	}

	unwritable := s.dir
	s.dir = filepath.Join(writeFile(t, "file", ""), "below")
	s.run(t, "-yes").want(t, exitFailed, "cannot be made", "-dir")
	if got := s.Effects(); len(got) > 0 {
		t.Errorf("effects without a journal: %v", got)
	}

	s.dir = unwritable
	s.run(t).want(t, exitWaiting)
	journal := filepath.Join(s.dir, "journal.jsonl")
	data, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	// A torn last line is told and dropped; a flipped bit halts.
	if err := os.WriteFile(journal, append(slices.Clone(data), `{"seq":`...), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t).want(t, exitWaiting, "stdout:the last 7 bytes")
	data[len(data)/2] ^= 1
	if err := os.WriteFile(journal, data, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes").want(t, exitFailed, "is damaged at line")
	s.run(t, "-preview").want(t, exitFailed, "is damaged at line")
}

func TestRun_TemporaryDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("TMP", os.Getenv("TMPDIR")) // Windows
	world := worldFile(t, quickWorld("", true))
	offboardWith(t, "-preview", "-world", world).want(t, exitDone)
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || slices.ContainsFunc(left, isOffboarding) {
		t.Errorf("a preview left %v, %v", left, err)
	}
	offboardWith(t, "-world", world).want(t, exitWaiting, "stdout:Journal and evidence: "+os.Getenv("TMPDIR"), "examples/practice")
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || !slices.ContainsFunc(left, isOffboarding) {
		t.Errorf("the run left %v, %v", left, err)
	}
}

func isOffboarding(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), "offboarding-") }

// A system that the config leaves out is done by hand.
func TestRun_SystemLeftOut(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]json.RawMessage
	if err := json.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	delete(c, "xpm")
	if data, err = json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.config, data, 0o600); err != nil {
		t.Fatal(err)
	}
	o := s.run(t, "-yes")
	o.want(t, exitWaiting, "Waiting for a person", "Nobody can answer here", "stdout:to do by a person: ")
	for _, e := range s.Effects() {
		if e.System != "nimbus" || e.Destructive {
			t.Errorf("%+v", e)
		}
	}
}

// A server that fails in the middle loses nothing, whether it fails before it
// has done what was asked or after: the next run continues, and repeats nothing.
func TestRun_ServerFailsInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"GET /history", "POST /documents", "PUT /client.api/archive", "PUT /v1/syncs", "DELETE /portal-access", "DELETE /v1/contacts", "POST /archive",
	} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %t", call, done), func(t *testing.T) {
				t.Parallel()
				s := serve(t, quickWorld(nimbus.EditionCDM, true))
				var failures atomic.Int32
				s.answer = func(w http.ResponseWriter, r *http.Request) bool {
					method, part, _ := strings.Cut(call, " ")
					if r.Method != method || !strings.Contains(r.URL.Path, part) {
						return false
					}
					if done {
						s.ServeHTTP(httptest.NewRecorder(), r)
					}
					failures.Add(1)
					w.WriteHeader(http.StatusServiceUnavailable)
					return true
				}
				args := []string{"-yes", "-folder", "archive", "-contacts", "delete"}
				o := s.run(t, append(args, "-wait", "0")...)
				if failures.Load() == 0 {
					t.Fatalf("nothing failed:\n%s", o.stdout)
				}
				if !done {
					o.want(t, exitFailed, "nothing is lost", "to continue")
				}
				s.answer = nil
				s.run(t, args...).want(t, exitDone)
				s.noneTwice(t)
			})
		}
	}
}
