package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/offboard/offboardtest"
	"github.com/practicekit/offboarding/xpm"
)

func TestConfig_Refused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ config, want string }{
		"not JSON":         {"xpm", "is no config"},
		"goes on":          {`{"xpm":{}} {}`, "goes on after"},
		"unknown field":    {`{"xpm":{"tenant":"t","tokenFile":"xpm.json","secret":"x"}}`, `unknown field "secret"`},
		"no system":        {`{"loopback":true}`, "names no system"},
		"no tenant":        {`{"xpm":{"tokenFile":"xpm.json"}}`, `"tenant"`},
		"no token file":    {`{"xpm":{"tenant":"t","tokenFile":"nowhere.json"}}`, "nowhere.json does not exist"},
		"no token in it":   {`{"xpm":{"tenant":"t","tokenFile":"password"}}`, "holds no token"},
		"no gateway":       {`{"myobae":{"tokenFile":"myobae.json"}}`, `"baseURL"`},
		"no login":         {`{"nimbus":{"baseURL":"https://nimbus.example.com","passwordFile":"password"}}`, `"login"`},
		"no password":      {`{"nimbus":{"baseURL":"https://nimbus.example.com","login":"l"}}`, "one of"},
		"two passwords":    {`{"nimbus":{"baseURL":"https://nimbus.example.com","login":"l","passwordFile":"password","passwordEnv":"P"}}`, "one of"},
		"empty variable":   {`{"nimbus":{"baseURL":"https://nimbus.example.com","login":"l","passwordEnv":"NOBODY_SETS_THIS"}}`, "NOBODY_SETS_THIS"},
		"empty password":   {`{"nimbus":{"baseURL":"https://nimbus.example.com","login":"l","passwordFile":"empty"}}`, "is empty"},
		"http":             {`{"myobae":{"baseURL":"http://gateway.example.com","tokenFile":"myobae.json"}}`, "https"},
		"http elsewhere":   {`{"loopback":true,"myobae":{"baseURL":"http://gateway.example.com","tokenFile":"myobae.json"}}`, "loopback"},
		"not even an URL":  {`{"myobae":{"baseURL":"gateway","tokenFile":"myobae.json"}}`, "absolute"},
		"secret, no app":   {`{"xpm":{"tenant":"t","tokenFile":"xpm.json","clientSecretFile":"password"}}`, `no "clientID"`},
		"no secret":        {`{"xpm":{"tenant":"t","tokenFile":"xpm.json","clientID":"app","clientSecretFile":"nowhere"}}`, "nowhere does not exist"},
		"no tokens of it":  {`{"xpm":{"tenant":"t","tokenFile":"nowhere.json","clientID":"app"}}`, "xpm-login writes one"},
		"empty token file": {`{"xpm":{"tenant":"t","tokenFile":"empty"}}`, "holds no token"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := writeConfig(t, "", map[string]string{"config.json": c.config, "empty": "\n"})
			dir := filepath.Join(t.TempDir(), "journal")
			offboardWith(t, "-yes", "-config", config, "-dir", dir, "clients.csv").want(t, exitUsage, c.want)
			if _, err := os.Stat(dir); err == nil {
				t.Error("a directory was made")
			}
		})
	}
}

// The token file that xpm-login writes serves until it has to be renewed.
func TestConfig_RenewedTokens(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	dir := filepath.Dir(s.config)
	store := xpm.FileTokenStore(filepath.Join(dir, "tokens", "xpm.json"))
	token := xpm.Token{AccessToken: offboardtest.XPMToken, RefreshToken: "refresh", Expiry: time.Now().Add(time.Hour), Obtained: time.Now()}
	if err := xpm.SaveToken(t.Context(), store, token); err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	renewing := strings.Replace(string(config), `"tokenFile": "xpm.json"`, `"tokenFile": "tokens/xpm.json", "clientID": "app", "clientSecretFile": "password"`, 1)
	if err := os.WriteFile(s.config, []byte(renewing), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run(t, "-yes").want(t, exitDone)
}

func TestConfig_ReadableSecrets(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for _, name := range []string{"xpm.json", "myobae.json", "password"} {
		config := writeConfig(t, "https://practice.example.com", nil)
		if err := os.Chmod(filepath.Join(filepath.Dir(config), name), 0o640); err != nil {
			t.Fatal(err)
		}
		offboardWith(t, "-yes", "-config", config, "clients.csv").want(t, exitUsage, "chmod 600", name)
	}
}

func TestConfig_PasswordFromEnvironment(t *testing.T) {
	t.Parallel()
	s := serve(t, quickWorld(nimbus.EditionCDM, true))
	data, err := os.ReadFile(s.config)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(data), `"passwordFile": "password"`, `"passwordEnv": "NIMBUS_PASSWORD"`, 1)
	if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := environment{getenv: func(name string) string {
		if name == "NIMBUS_PASSWORD" {
			return offboardtest.Password
		}
		return ""
	}}
	offboardIn(t, t.Context(), env, "", "-preview", "-config", s.config, s.clients).want(t, exitDone)
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	name := writeFile(t, "token.json", `{"access_token":"first","expiry":"2001-01-01T00:00:00Z"}`)
	tokens, err := openTokens(name)
	if err != nil {
		t.Fatal(err)
	}
	put := func(content string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wants := func(token, problem string) {
		t.Helper()
		got, err := tokens.Token()
		switch {
		case problem == "" && (err != nil || got.AccessToken != token):
			t.Errorf("got %v, %v; want %s", got, err, token)
		case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
			t.Errorf("got %v, want %s", err, problem)
		}
	}
	wants("", "expired")
	put(`{"access_token":"second","expiry":"` + time.Now().Add(time.Hour).Format(time.RFC3339) + `"}`)
	wants("second", "")
	put(`{"access_token":"third"}`)
	wants("second", "") // it is good for an hour
	tokens.Invalidate("second")
	wants("third", "")
	tokens.Invalidate("third")
	wants("", "was refused")
	put("{}")
	wants("", "holds no token")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	wants("", "does not exist")
}
