package xpm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/exchange"
	"github.com/practicekit/offboarding/xpm"
	"github.com/practicekit/offboarding/xpm/xpmtest"
)

const redirect = "http://localhost:8400/callback"

// newIdentity returns the identity of an app without a secret, over rt.
func newIdentity(t testing.TB, rt http.RoundTripper, options ...func(*xpm.IdentityConfig)) *xpm.Identity {
	t.Helper()
	config := xpm.IdentityConfig{ClientID: "app", RedirectURL: redirect, HTTPClient: &http.Client{Transport: rt}}
	for _, option := range options {
		option(&config)
	}
	i, err := xpm.NewIdentity(config)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func recordedIdentity(t *testing.T, name string) *xpm.Identity {
	t.Helper()
	return newIdentity(t, exchange.Transport(t, filepath.Join("testdata", name+".txtar")))
}

// secret makes the app one that has a secret.
func secret(config *xpm.IdentityConfig) { config.ClientSecret = "planted secret&" }

func TestNewIdentity(t *testing.T) {
	for name, config := range map[string]xpm.IdentityConfig{
		"no client id":  {},
		"http":          {ClientID: "app", IdentityURL: "http://identity.example.com"},
		"http login":    {ClientID: "app", LoginURL: "http://login.example.com"},
		"odd login":     {ClientID: "app", LoginURL: "login.example.com"},
		"not loopback":  {ClientID: "app", IdentityURL: "http://identity.example.com", InsecureLoopback: true},
		"not loopback2": {ClientID: "app", LoginURL: "http://login.example.com", InsecureLoopback: true},
	} {
		if _, err := xpm.NewIdentity(config); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestIdentity_Begin(t *testing.T) {
	noRedirect := newIdentity(t, nil, func(c *xpm.IdentityConfig) { c.RedirectURL = "" })
	_, err := noRedirect.Begin()
	checkError(t, err, xpm.ErrInvalid, "")

	identity := newIdentity(t, nil)
	a, err := identity.Begin()
	if err != nil {
		t.Fatal(err)
	}
	b, err := identity.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if a.State == b.State || a.Verifier == b.Verifier || len(a.State) < 20 || len(a.Verifier) < 43 {
		t.Errorf("state and verifier are not fresh each time")
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if got, want := u.Scheme+"://"+u.Host+u.Path, "https://login.xero.com/identity/connect/authorize"; got != want {
		t.Errorf("address %s, want %s", got, want)
	}
	for name, want := range map[string]string{
		"response_type": "code", "client_id": "app", "redirect_uri": redirect, "scope": "practicemanager offline_access",
		"state": a.State, "code_challenge_method": "S256",
	} {
		if got := q.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if strings.Contains(a.URL, a.Verifier) || len(q.Get("code_challenge")) != 43 {
		t.Error("the challenge is not S256 of the verifier")
	}
}

func TestIdentity_Finish(t *testing.T) {
	consent := xpm.Consent{State: "the-state", Verifier: "the-verifier"}
	good := url.Values{"state": {"the-state"}, "code": {"the-code"}}

	for name, c := range map[string]struct {
		consent xpm.Consent
		answer  url.Values
		kind    error
		said    string
	}{
		"another state": {consent, url.Values{"state": {"theirs"}, "code": {"the-code"}}, xpm.ErrInvalid, ""},
		"no state":      {consent, url.Values{"code": {"the-code"}}, xpm.ErrInvalid, ""},
		"no consent":    {xpm.Consent{}, url.Values{"code": {"the-code"}}, xpm.ErrInvalid, ""},
		"no code":       {consent, url.Values{"state": {"the-state"}}, xpm.ErrInvalid, ""},
		"declined":      {consent, url.Values{"state": {"the-state"}, "error": {"access_denied"}}, xpm.ErrForbidden, "access_denied"},
		"scope":         {consent, url.Values{"state": {"the-state"}, "error": {"invalid_scope"}}, xpm.ErrInvalid, "invalid_scope"},
		"odd":           {consent, url.Values{"state": {"the-state"}, "error": {"<b>planted"}}, xpm.ErrInvalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newIdentity(t, exchange.Transport(t)).Finish(t.Context(), c.consent, c.answer)
			checkError(t, err, c.kind, c.said)
		})
	}
	_, err := recordedIdentity(t, "identity_finish_refused").Finish(t.Context(), consent, good)
	checkError(t, err, xpm.ErrConsentNeeded, "invalid_grant")

	before := time.Now()
	token, err := recordedIdentity(t, "identity_finish").Finish(t.Context(), consent, good)
	if err != nil {
		t.Fatal(err)
	}
	if token.AccessToken != "access-1" || token.RefreshToken != "refresh-1" || token.TokenType != "Bearer" || token.Scope != "practicemanager offline_access" ||
		token.Expiry.Sub(token.Obtained) != 30*time.Minute || token.Obtained.Before(before.Add(-time.Second)) {
		t.Error("the token is not that of the answer")
	}
}

// A code is good once, so its exchange is never repeated.
func TestIdentity_Finish_Once(t *testing.T) {
	for name, rt := range map[string]http.RoundTripper{
		"server error": answer(http.StatusBadGateway, "", ""),
		"lost":         roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("reset") }),
		"a page":       answer(http.StatusOK, "text/html", "<html>planted</html>"),
		"cut off":      answer(http.StatusOK, "application/json", `{"access_token":"planted`),
		"null":         answer(http.StatusOK, "application/json", "null"),
		"another type": answer(http.StatusOK, "application/json", `{"access_token":"planted","token_type":"mac"}`),
	} {
		posts := 0
		counted := roundTrip(func(r *http.Request) (*http.Response, error) { posts++; return rt.RoundTrip(r) })
		_, err := newIdentity(t, counted).Finish(t.Context(), xpm.Consent{State: "s"}, url.Values{"state": {"s"}, "code": {"c"}})
		if !errors.Is(err, xpm.ErrOutcomeUnknown) || posts != 1 || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %d posts, %v", name, posts, err)
		}
	}
}

// The whole consent, with and without a secret.
func TestIdentity_Consent(t *testing.T) {
	for name, has := range map[string]string{"PKCE": "", "secret": "planted secret&"} {
		t.Run(name, func(t *testing.T) {
			fake := xpmtest.NewIdentity(xpmtest.IdentityConfig{ClientID: "app", ClientSecret: has})
			rt := fake.HTTPClient().Transport
			identity := newIdentity(t, rt, func(c *xpm.IdentityConfig) { c.ClientSecret = has })
			consent, err := identity.Begin()
			if err != nil {
				t.Fatal(err)
			}
			answer := browse(t, rt, consent.URL)
			stolen := consent
			stolen.Verifier = "another"
			if _, err := identity.Finish(t.Context(), stolen, answer); !errors.Is(err, xpm.ErrConsentNeeded) {
				t.Errorf("a code without its verifier: %v", err)
			}
			token, err := identity.Finish(t.Context(), consent, browse(t, rt, consent.URL))
			if access, refresh := fake.Newest(); err != nil || token.AccessToken != access || token.RefreshToken != refresh {
				t.Errorf("not the tokens that were given out: %v", err)
			}
			wrong := newIdentity(t, rt, func(c *xpm.IdentityConfig) { c.ClientID, c.ClientSecret = "other", has })
			if _, err := wrong.Finish(t.Context(), consent, browse(t, rt, consent.URL)); !errors.Is(err, xpm.ErrUnauthorized) || errors.Is(err, xpm.ErrConsentNeeded) {
				t.Errorf("another app: %v", err)
			}
		})
	}
}

func TestIdentity_Consent_Declined(t *testing.T) {
	fake := xpmtest.NewIdentity(xpmtest.IdentityConfig{ClientID: "app", Decline: true})
	identity := newIdentity(t, fake.HTTPClient().Transport)
	consent, err := identity.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = identity.Finish(t.Context(), consent, browse(t, fake.HTTPClient().Transport, consent.URL))
	checkError(t, err, xpm.ErrForbidden, "access_denied")
}

// browse opens the page and returns the query of where it leads.
func browse(t *testing.T, rt http.RoundTripper, page string) url.Values {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	u, err := resp.Location()
	if err != nil || !strings.HasPrefix(u.String(), redirect+"?") {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return u.Query()
}

// I8: nothing that is printed or logged holds a secret.
func TestIdentity_NoSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		config := xpm.IdentityConfig{ClientID: "app", RedirectURL: redirect, Logger: logger}
		secret(&config)
		identity := newIdentity(t, answer(http.StatusBadRequest, "application/json", `{"error":"planted-error","error_description":"planted-words"}`),
			secret, func(c *xpm.IdentityConfig) { c.Logger = logger })
		store := &memory{token: xpm.Token{AccessToken: "planted-access", RefreshToken: "planted-refresh"}}
		source := identity.TokenSource(store)
		_, errRefresh := source.Token()
		_, errFinish := identity.Finish(t.Context(), xpm.Consent{State: "planted-state", Verifier: "planted-verifier"}, url.Values{"state": {"planted-state"}, "code": {"planted-code"}})
		if errRefresh == nil || errFinish == nil {
			t.Fatal("no errors")
		}
		consent := xpm.Consent{State: "planted-state", Verifier: "planted-verifier"}
		for _, v := range []any{config, identity, source, *store, store.token, consent, errRefresh, errFinish} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
				fmt.Fprintf(&log, verb+"\n", v)
			}
			logger.Info("value", "v", v)
			slog.New(slog.NewTextHandler(&log, nil)).Info("value", "v", v)
		}
		if i := strings.Index(log.String(), "planted"); i >= 0 {
			t.Errorf("…%s…", log.String()[max(0, i-100):min(log.Len(), i+40)])
		}
		if data, err := json.Marshal(store.token); err != nil || !strings.Contains(string(data), `"refresh_token":"planted-refresh"`) {
			t.Errorf("a store cannot keep %s: %v", data, err)
		}
	})
}

// memory is a TokenStore for tests in virtual time.
type memory struct {
	Slot    chan struct{}
	token   xpm.Token
	fail    error // of storing
	Updates int
}

func newMemory(token xpm.Token) *memory { return &memory{token: token, Slot: make(chan struct{}, 1)} }

// Format is there because fmt does not see the methods of unexported fields.
func (m memory) Format(f fmt.State, _ rune) { fmt.Fprint(f, m.Updates) }

func (m memory) LogValue() slog.Value { return slog.IntValue(m.Updates) }

func (m *memory) Update(ctx context.Context, change func(xpm.Token) (xpm.Token, error)) error {
	if m.Slot != nil {
		select {
		case m.Slot <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { <-m.Slot }()
	}
	m.Updates++
	next, err := change(m.token)
	if err != nil || next == m.token {
		return err
	}
	if m.fail != nil {
		return m.fail
	}
	m.token = next
	return nil
}
