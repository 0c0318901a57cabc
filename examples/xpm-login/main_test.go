package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

// world is a Xero on loopback, and a place for the files.
type world struct {
	fake           *xpmtest.Identity
	login          login
	stdout, stderr bytes.Buffer
	args           []string
	token          string
}

func newWorld(t *testing.T, config xpmtest.IdentityConfig) *world {
	t.Helper()
	config.ClientSecret = "planted-secret"
	w := &world{fake: xpmtest.NewIdentity(config), token: filepath.Join(t.TempDir(), "tokens", "xpm.json")}
	server := httptest.NewServer(w.fake)
	t.Cleanup(server.Close)
	w.login = login{stdout: &w.stdout, stderr: &w.stderr, open: browse, xero: server.URL}
	secret := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(secret, []byte("planted-secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.args = []string{"-client-id", xpmtest.ClientID, "-secret-file", secret, "-redirect", freeRedirect(t), "-token", w.token}
	return w
}

// freeRedirect is an address on loopback that nobody listens on.
func freeRedirect(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return fmt.Sprintf("http://%s/callback", l.Addr())
}

// browse follows the page to where it leads, as a browser does.
func browse(page string) error {
	resp, err := http.Get(page)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && !strings.Contains(string(text), "You can close this window") {
		err = fmt.Errorf("the browser shows %s: %s", resp.Status, text)
	}
	return err
}

func TestRun(t *testing.T) {
	w := newWorld(t, xpmtest.IdentityConfig{Connections: []xpmtest.Connection{
		{ID: "1", TenantID: "tenant-1", TenantType: "PRACTICEMANAGER"},
		{ID: "2", TenantID: "tenant-2", TenantType: "ORGANISATION", TenantName: "Example Practice"},
	}})
	if err := w.login.run(t.Context(), w.args); err != nil {
		t.Fatalf("%v\n%s", err, &w.stderr)
	}
	token, err := xpm.FileTokenStore(w.token).Load(t.Context())
	if access, refresh := w.fake.Newest(); err != nil || token.AccessToken != access || token.RefreshToken != refresh {
		t.Errorf("the file has not the tokens: %v", err)
	}
	want := "TENANT    TYPE             NAME\ntenant-1  PRACTICEMANAGER  -\ntenant-2  ORGANISATION     Example Practice\n"
	if got := w.stdout.String(); got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
	for _, secret := range []string{"planted", token.AccessToken, token.RefreshToken} {
		if strings.Contains(w.stdout.String()+w.stderr.String(), secret) {
			t.Errorf("%s is printed", secret)
		}
	}
}

// Another page in the browser cannot answer in the place of Xero.
func TestRun_ForgedAnswer(t *testing.T) {
	w := newWorld(t, xpmtest.IdentityConfig{})
	w.login.open = func(page string) error {
		u, err := url.Parse(page)
		if err != nil {
			return err
		}
		for _, forged := range []string{"?code=forged&state=forged", "?code=forged", "/other?code=forged&state=" + u.Query().Get("state")} {
			resp, err := http.Get(u.Query().Get("redirect_uri") + forged)
			if err != nil {
				return err
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusBadRequest {
				return fmt.Errorf("%s is taken", forged)
			}
		}
		return browse(page)
	}
	if err := w.login.run(t.Context(), w.args); err != nil || strings.Contains(w.stderr.String(), "No browser") {
		t.Errorf("%v\n%s", err, &w.stderr)
	}
}

func TestRun_Fails(t *testing.T) {
	for name, c := range map[string]struct {
		config xpmtest.IdentityConfig
		change func(*world)
		want   string
	}{
		"declined":    {xpmtest.IdentityConfig{Decline: true}, nil, "consent was declined"},
		"no practice": {xpmtest.IdentityConfig{Connections: []xpmtest.Connection{{ID: "1", TenantID: "t", TenantType: "ORGANISATION"}}}, nil, "none of them is a Practice Manager"},
		"no consent": {xpmtest.IdentityConfig{}, func(w *world) {
			w.login.open = func(string) error { return errors.New("no display") }
			w.args = append(w.args, "-wait", "1ms")
		}, "no consent within 1ms"},
		"wrong secret": {xpmtest.IdentityConfig{}, func(w *world) { w.args = append(w.args, "-secret-file", "") }, "the app's id or secret"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.config)
			if c.change != nil {
				c.change(w)
			}
			err := w.login.run(t.Context(), w.args)
			if _, wrong := errors.AsType[*usageError](err); err == nil || wrong || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
	w := newWorld(t, xpmtest.IdentityConfig{})
	ctx, cancel := context.WithCancel(t.Context())
	w.login.open = func(string) error { cancel(); return nil }
	if err := w.login.run(ctx, w.args); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRun_WrongUsage(t *testing.T) {
	readable := filepath.Join(t.TempDir(), "readable")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := errors.Join(os.WriteFile(readable, []byte("x"), 0o644), os.WriteFile(empty, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{}, {"-client-id", "a"}, {"-token", "t"}, {"-odd"}, {"-client-id", "a", "-token", "t", "more"},
		{"-client-id", "a", "-token", "t", "-redirect", "http://192.0.2.1:8400/callback"},
		{"-client-id", "a", "-token", "t", "-redirect", "https://localhost:8400/callback"},
		{"-client-id", "a", "-token", "t", "-redirect", "http://localhost/callback"},
		{"-client-id", "a", "-token", "t", "-redirect", ""},
		{"-client-id", "a", "-token", "t", "-secret-file", readable},
		{"-client-id", "a", "-token", "t", "-secret-file", empty},
		{"-client-id", "a", "-token", "t", "-secret-file", empty + ".missing"},
	} {
		l := login{stdout: io.Discard, stderr: io.Discard, open: func(string) error { return errors.New("asked for consent") }, wait: time.Millisecond}
		if _, wrong := errors.AsType[*usageError](l.run(t.Context(), args)); !wrong {
			t.Errorf("%q is taken", args)
		}
	}
}

// README.md explains every flag.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var usage bytes.Buffer
	l := login{stderr: &usage}
	_ = l.parse([]string{"-help"}) // flag.ErrHelp
	flags := 0
	for line := range strings.Lines(usage.String()) {
		if name, isFlag := strings.CutPrefix(line, "  -"); isFlag {
			flags++
			if name = strings.Fields(name)[0]; !strings.Contains(string(text), "| `-"+name) {
				t.Errorf("-%s is not explained", name)
			}
		}
	}
	if flags < 5 {
		t.Errorf("%d flags in the usage", flags)
	}
}
