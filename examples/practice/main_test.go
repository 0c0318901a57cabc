package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

func TestServe_Refused(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "world.json")
	if err := os.WriteFile(broken, []byte(`{"edition":"other"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"-nonsense":              "nonsense",
		"world.json":             "-world FILE",
		"-listen 0.0.0.0:0":      "loopback only",
		"-listen example.com:80": "loopback only",
		"-listen nowhere":        "-listen",
		"-world missing.json":    "missing.json",
		"-world " + broken:       "edition",
	} {
		err := serve(t.Context(), strings.Fields(args), io.Discard, io.Discard)
		if _, ok := errors.AsType[*usageError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", args, err, want)
		}
	}
}

type config struct {
	Loopback            bool
	XPM, Nimbus, MYOBAE struct{ BaseURL, TokenFile, PasswordFile string }
}

// start serves a practice until the test stops it.
func start(t *testing.T, args ...string) (c config, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	served := make(chan error, 1)
	go func() {
		err := serve(ctx, args, in, io.Discard)
		in.CloseWithError(errors.Join(err, io.EOF))
		served <- err
	}()
	if err := json.NewDecoder(out).Decode(&c); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return c, func() {
		t.Helper()
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

func get(t *testing.T, url string, into any) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	c, stop := start(t, "-cdm=false", "-integrated=false")
	address := strings.TrimSuffix(c.Nimbus.BaseURL, offboardtest.NimbusPath)
	if !c.Loopback || c.XPM.BaseURL != address+offboardtest.XPMPath || c.MYOBAE.BaseURL != address+offboardtest.MYOBAEPath {
		t.Errorf("got %+v", c)
	}
	var state offboardtest.State
	get(t, address+"/state", &state)
	if len(state.Nimbus.Clients) != 4 || state.Nimbus.Clients[0].Integrated || state.Nimbus.Edition != nimbus.EditionNonCDM {
		t.Errorf("got %+v", state.Nimbus)
	}
	var effects []offboardtest.Effect
	get(t, address+"/effects", &effects)
	if effects == nil || len(effects) > 0 {
		t.Errorf("got %v, want an empty array", effects)
	}
	secrets := []string{c.XPM.TokenFile, c.MYOBAE.TokenFile, c.Nimbus.PasswordFile}
	for _, file := range secrets {
		if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info, err)
		}
	}
	stop()
	for _, file := range secrets {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is left behind", file)
		}
	}
}

func TestServe_World(t *testing.T) {
	t.Parallel()
	world := filepath.Join(t.TempDir(), "world.json")
	if err := os.WriteFile(world, []byte(`{"clients":[{"code":"ONE","name":"One Example","nimbus":{}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, stop := start(t, "-world", world, "-cdm=false")
	defer stop()
	var state offboardtest.State
	get(t, strings.TrimSuffix(c.Nimbus.BaseURL, offboardtest.NimbusPath)+"/state", &state)
	if len(state.Nimbus.Clients) != 1 || state.Nimbus.Edition != nimbus.EditionNonCDM {
		t.Errorf("got %+v", state.Nimbus)
	}
}
