package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/xpm"
)

// config names the real systems. A system that is left out is one that no
// program reaches; people do its steps (P9).
type config struct {
	// Loopback allows http, on loopback addresses only.
	Loopback bool          `json:"loopback"`
	XPM      *xpmConfig    `json:"xpm"`
	Nimbus   *nimbusConfig `json:"nimbus"`
	MYOBAE   *myobaeConfig `json:"myobae"`
}

type xpmConfig struct {
	BaseURL   string `json:"baseURL"` // empty: Xero's own
	Tenant    string `json:"tenant"`
	TokenFile string `json:"tokenFile"`
	// ClientID lets this program renew the tokens, which xpm-login wrote.
	ClientID         string `json:"clientID"`
	ClientSecretFile string `json:"clientSecretFile"`
	tokens           oauth2.TokenSource
}

type nimbusConfig struct {
	BaseURL      string `json:"baseURL"`
	Login        string `json:"login"`
	PasswordFile string `json:"passwordFile"`
	PasswordEnv  string `json:"passwordEnv"`
	password     string
	latch        nimbus.Latch // nil: refusals are not remembered beyond this process
}

type myobaeConfig struct {
	BaseURL   string `json:"baseURL"`
	TokenFile string `json:"tokenFile"`
	tokens    oauth2.TokenSource
}

// latchName is the file in which refused logins are remembered (P8). It lies
// beside the password file, or beside the config where there is none.
const latchName = "nimbus-login-refused.json"

// loadConfig reads a config and everything secret that it names. Paths in it
// are relative to the file. Every error is an *inputError.
func loadConfig(name string, getenv func(string) string) (config, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return config{}, inputErrorf("the config cannot be read: %v", err)
	}
	var c config
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	err = in.Decode(&c)
	if err == nil {
		if _, after := in.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("it goes on after its closing brace")
		}
	}
	if err != nil {
		return config{}, inputErrorf("%s is no config: %v: README.md shows what it may hold", name, err)
	}
	if c.XPM == nil && c.Nimbus == nil && c.MYOBAE == nil {
		return config{}, inputErrorf("%s names no system: it needs at least one of xpm, nimbus and myobae", name)
	}
	if err := c.complete(filepath.Dir(name), getenv); err != nil {
		return config{}, inputErrorf("%s: %v", name, err)
	}
	return c, nil
}

// complete checks what is needed and opens the secrets.
func (c *config) complete(dir string, getenv func(string) string) (err error) {
	if x := c.XPM; x != nil {
		if err := x.complete(dir); err != nil {
			return err
		}
	}
	if m := c.MYOBAE; m != nil {
		if m.BaseURL == "" || m.TokenFile == "" {
			return errors.New("myobae needs \"baseURL\" and \"tokenFile\"")
		}
		if m.tokens, err = openTokens(within(dir, m.TokenFile)); err != nil {
			return err
		}
	}
	if c.Nimbus != nil {
		return c.Nimbus.complete(dir, getenv)
	}
	return nil
}

// complete opens the tokens: of the file as it is, or, with the app's client id,
// renewed in time.
func (x *xpmConfig) complete(dir string) (err error) {
	switch {
	case x.Tenant == "" || x.TokenFile == "":
		return errors.New("xpm needs \"tenant\" and \"tokenFile\"")
	case x.ClientID == "" && x.ClientSecretFile != "":
		return errors.New("xpm has a \"clientSecretFile\" and no \"clientID\"")
	case x.ClientID == "":
		x.tokens, err = openTokens(within(dir, x.TokenFile))
		return err
	}
	secret := []byte{}
	if x.ClientSecretFile != "" {
		if secret, err = readSecret(within(dir, x.ClientSecretFile)); err != nil {
			return err
		}
	}
	identity, err := xpm.NewIdentity(xpm.IdentityConfig{ClientID: x.ClientID, ClientSecret: strings.TrimSpace(string(secret))})
	if err != nil {
		return err
	}
	store := xpm.FileTokenStore(within(dir, x.TokenFile))
	switch token, err := store.Load(context.Background()); {
	case err != nil:
		return err
	case token.RefreshToken == "":
		return fmt.Errorf("%s holds no token that can be renewed: examples/xpm-login writes one", string(store))
	}
	x.tokens = identity.TokenSource(store)
	return nil
}

func (n *nimbusConfig) complete(dir string, getenv func(string) string) error {
	switch {
	case n.BaseURL == "" || n.Login == "":
		return errors.New("nimbus needs \"baseURL\" and \"login\"")
	case (n.PasswordFile == "") == (n.PasswordEnv == ""):
		return errors.New("nimbus needs one of \"passwordFile\" and \"passwordEnv\"")
	case n.PasswordEnv != "":
		if n.password = getenv(n.PasswordEnv); n.password == "" {
			return fmt.Errorf("the environment variable %s, which should hold the Nimbus password, is empty", n.PasswordEnv)
		}
		n.latch = nimbus.FileLatch(filepath.Join(dir, latchName))
		return nil
	}
	file := within(dir, n.PasswordFile)
	data, err := readSecret(file)
	if err != nil {
		return err
	}
	if n.password = strings.TrimRight(string(data), "\r\n"); n.password == "" {
		return fmt.Errorf("the password file %s is empty", file)
	}
	n.latch = nimbus.FileLatch(filepath.Join(filepath.Dir(file), latchName))
	return nil
}

func within(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// readSecret reads a file that only its owner may read.
func readSecret(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, missingSecret(name, err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: run chmod 600 %s", name, name)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, missingSecret(name, err)
	}
	return data, nil
}

func missingSecret(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the file %s does not exist", name)
	}
	return err
}

// tokenFile gives the access token of a file that another program keeps fresh.
// The file is read again once the token has expired or was refused.
type tokenFile struct {
	name    string
	mu      sync.Mutex
	token   *oauth2.Token
	refused string // the access token that the server would not take
}

func openTokens(name string) (*tokenFile, error) {
	f := &tokenFile{name: name}
	token, err := f.read()
	f.token = token
	return f, err
}

// Token returns the token, which may have expired meanwhile: then the server is
// spared, and the error says which file needs a new one.
func (f *tokenFile) Token() (*oauth2.Token, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.token.Valid() && f.token.AccessToken != f.refused {
		return f.token, nil
	}
	token, err := f.read()
	switch {
	case err != nil:
		return nil, err
	case token.AccessToken == f.refused:
		return nil, fmt.Errorf("the token in %s was refused: put a new one there", f.name)
	case !token.Valid():
		return nil, fmt.Errorf("the token in %s expired at %s: put a new one there", f.name, token.Expiry.Format("2006-01-02 15:04 MST"))
	}
	f.token = token
	return token, nil
}

// Invalidate notes that the server refused this access token.
func (f *tokenFile) Invalidate(accessToken string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refused = accessToken
}

func (f *tokenFile) read() (*oauth2.Token, error) {
	data, err := readSecret(f.name)
	if err != nil {
		return nil, err
	}
	token := &oauth2.Token{}
	if json.Unmarshal(data, token) != nil || token.AccessToken == "" {
		return nil, fmt.Errorf(`%s holds no token: want JSON such as {"access_token":"…","expiry":"2026-01-31T12:00:00Z"}`, f.name)
	}
	return token, nil
}
