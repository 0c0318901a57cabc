package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// outcome is what a call of run has left.
type outcome struct {
	code           int
	stdout, stderr string
}

// offboardWith runs the program in this process. Nobody is at its stdin, and
// nothing is retried.
func offboardWith(t *testing.T, args ...string) outcome {
	t.Helper()
	return offboardIn(t, t.Context(), environment{}, "", args...)
}

func offboardIn(t *testing.T, ctx context.Context, env environment, stdin string, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if env.getenv == nil {
		env.getenv = func(string) string { return "" }
	}
	env.user, env.retries = "tester", -1
	code := run(ctx, args, strings.NewReader(stdin), &stdout, &stderr, env)
	return outcome{code, stdout.String(), stderr.String()}
}

// want fails the test unless the program ended with the code and wrote the texts
// to stderr or, before "stdout:", to stdout.
func (o outcome) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if o.code != code {
		t.Errorf("exit %d, want %d", o.code, code)
	}
	for _, text := range texts {
		in := o.stderr
		if after, ok := strings.CutPrefix(text, "stdout:"); ok {
			in, text = o.stdout, after
		}
		if !strings.Contains(in, text) {
			t.Errorf("nothing says %q", text)
		}
	}
	if t.Failed() {
		t.Fatalf("stdout:\n%s\nstderr:\n%s", o.stdout, o.stderr)
	}
}

// quickWorld is the default world with syncs that take no time.
func quickWorld(edition nimbus.Edition, integrated bool) offboardtest.World {
	w := offboardtest.DefaultWorld(edition, integrated)
	w.Sync = offboardtest.Sync{Every: offboardtest.Duration(200 * time.Millisecond)}
	return w
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func worldFile(t *testing.T, w offboardtest.World) string {
	t.Helper()
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	return writeFile(t, "world.json", string(data))
}

// served is a practice that lives on between runs, with the config that leads
// to it.
type served struct {
	*offboardtest.Practice
	config, clients, dir string
	// answer, if set, answers instead of the practice; false leaves it to it.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func serve(t *testing.T, w offboardtest.World) *served {
	t.Helper()
	practice, err := offboardtest.New(w)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{Practice: practice, dir: filepath.Join(t.TempDir(), "journal")}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.answer == nil || !s.answer(w, r) {
			practice.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.config = writeConfig(t, server.URL, nil)
	s.clients = writeFile(t, "clients.csv", "code\nACME01\nBETA02\n")
	return s
}

// writeConfig writes a config for a practice, with other files beside it.
func writeConfig(t *testing.T, address string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"xpm.json": `{"access_token":"` + offboardtest.XPMToken + `"}`, "myobae.json": `{"access_token":"` + offboardtest.MYOBAEToken + `"}`,
		"password": offboardtest.Password + "\n",
		"config.json": `{"loopback": true,
			"xpm": {"baseURL": "` + address + offboardtest.XPMPath + `", "tenant": "` + offboardtest.Tenant + `", "tokenFile": "xpm.json"},
			"nimbus": {"baseURL": "` + address + offboardtest.NimbusPath + `", "login": "` + offboardtest.LoginCode + `", "passwordFile": "password"},
			"myobae": {"baseURL": "` + address + offboardtest.MYOBAEPath + `", "tokenFile": "myobae.json"}}`,
	}
	maps.Copy(all, files)
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "config.json")
}

// run off-boards the served practice's clients.
func (s *served) run(t *testing.T, more ...string) outcome {
	t.Helper()
	return offboardWith(t, append([]string{"-config", s.config, "-dir", s.dir, s.clients}, more...)...)
}

// changed counts the calls that changed something.
func (s *served) changed() (n int) {
	for _, e := range s.Effects() {
		if e.Changed {
			n++
		}
	}
	return n
}

// noneTwice fails where the same operation changed the same target twice.
func (s *served) noneTwice(t *testing.T) {
	t.Helper()
	seen := map[[3]string]bool{}
	for _, e := range s.Effects() {
		key := [3]string{e.Operation, e.Client, e.Target}
		if e.Changed && seen[key] {
			t.Errorf("twice: %v", key)
		}
		seen[key] = seen[key] || e.Changed
	}
}

func decodeReport(t *testing.T, o outcome) offboard.Report {
	t.Helper()
	var r offboard.Report
	in := json.NewDecoder(strings.NewReader(o.stdout))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		t.Fatalf("stdout is no report: %v\n%s\n%s", err, o.stdout, o.stderr)
	}
	if in.More() {
		t.Fatalf("stdout holds more than the report:\n%s", o.stdout)
	}
	return r
}
