package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
)

// answers writes the same whole answer to everything under a path.
func answers(path, contentType, body string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
		return true
	}
}

const (
	page  = "<!DOCTYPE html><html><body>Please log in</body></html>"
	xpmOK = `<Response><Status>OK</Status><Clients><Client><UUID>1</UUID>`
)

// Each bad server gives a message and exit 1, and once it is mended the same
// command goes on to the end.
func TestRun_BadServers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   []string
	}{
		"page instead of xpm":    {answers(offboardtest.XPMPath, "text/html", page), []string{"login page", "stdout:failed"}},
		"page named as xml":      {answers(offboardtest.XPMPath, "text/xml", page), []string{"login page", "stdout:failed"}},
		"page instead of nimbus": {answers(offboardtest.NimbusPath, "text/html", page), []string{"login page"}},
		"200 with an error":      {answers(offboardtest.XPMPath, "text/xml", `<Response><Status>ERROR</Status><ErrorDescription>The tenant is closed</ErrorDescription></Response>`), []string{"stdout:The tenant is closed"}},
		"truncated xml":          {answers(offboardtest.XPMPath, "text/xml", xpmOK), []string{"stdout:failed"}},
		"empty xml":              {answers(offboardtest.XPMPath, "text/xml", ""), []string{"stdout:failed"}},
		"null":                   {answers(offboardtest.NimbusPath+"v1/clients", "application/json", "null"), []string{"stdout:failed"}},
		"server error": {func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusBadGateway)
			return true
		}, []string{"check that the system is up"}},
		"forbidden": {func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, offboardtest.XPMPath) {
				return false
			}
			w.WriteHeader(http.StatusForbidden)
			return true
		}, []string{"rights and scopes"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, quickWorld(nimbus.EditionCDM, true))
			s.answer = c.answer
			o := s.run(t, "-yes")
			o.want(t, exitFailed, append(c.want, "nothing is lost", "to continue")...)
			if s.changed() > 0 {
				t.Errorf("changed: %v", s.Effects())
			}
			s.answer = nil
			s.run(t, "-yes").want(t, exitDone)
			s.noneTwice(t)
		})
	}
}

func TestRun_DeadServer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	dir := filepath.Join(t.TempDir(), "journal")
	offboardWith(t, "-yes", "-config", writeConfig(t, server.URL, nil), "-dir", dir, "clients.csv").
		want(t, exitFailed, "check that the system is up", "address in the config", "to continue")
}

func TestRun_WrongToken(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	token := filepath.Join(filepath.Dir(s.config), "xpm.json")
	good, err := os.ReadFile(token)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(token, []byte(`{"access_token":"wrong-one"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	o := s.run(t, "-yes")
	o.want(t, exitFailed, "was refused: put a new one there", "to continue")
	if strings.Contains(o.stdout+o.stderr, "wrong-one") {
		t.Error("the token is told")
	}
	if err := os.WriteFile(token, good, 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes").want(t, exitDone)
}

// P8: a refused login is not sent again, not even by the next process.
func TestRun_WrongPassword(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	password := filepath.Join(filepath.Dir(s.config), "password")
	if err := os.WriteFile(password, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.run(t, "-yes").want(t, exitFailed, "correct the login code or the password")
	}
	if got := s.State().Nimbus.Logins; got != 1 {
		t.Errorf("%d logins were sent, want 1", got)
	}
	if err := os.WriteFile(password, []byte(offboardtest.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes").want(t, exitDone)
}
