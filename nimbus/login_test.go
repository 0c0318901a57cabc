package nimbus_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
	"github.com/practicekit/offboarding/nimbus"
	"github.com/practicekit/offboarding/nimbus/nimbustest"
)

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func client(t *testing.T, rt http.RoundTripper, login nimbus.Authenticator) *nimbus.Client {
	t.Helper()
	c, err := nimbus.NewClient(nimbus.Config{BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: rt}, Login: login})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(status int, contentType, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body))}
}

func account(c *nimbus.Client) error {
	_, err := c.Account.Get(context.Background())
	return err
}

func TestPassword_refusedIsNotRepeated(t *testing.T) { // P8
	for _, latched := range []bool{false, true} {
		t.Run(fmt.Sprintf("latch %t", latched), func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "latch")
			var latch nimbus.Latch
			if latched {
				latch = nimbus.FileLatch(file)
			}
			server := nimbustest.New(nimbustest.Config{LoginCode: "api-user", Password: "right-password"})
			login := nimbus.Password("api-user", "wrong-password", latch)
			errs := make(chan error)
			for range 5 { // five callers of two clients at once
				go func() { errs <- account(client(t, server, login)) }()
			}
			remembered := 0
			for range 5 {
				err := <-errs
				refused, ok := errors.AsType[*nimbus.LoginError](err)
				if !ok || !errors.Is(err, nimbus.ErrUnauthorized) || refused.Reason != nimbus.LoginRefused {
					t.Fatalf("error = %v", err)
				}
				if refused.Remembered {
					remembered++
				}
				if text := err.Error(); !strings.Contains(text, "correct the login code or the password") || strings.Contains(text, "wrong-password") {
					t.Errorf("text = %s", text)
				}
			}
			if n := server.Snapshot().LoginsRefused; n != 1 || remembered != 4 {
				t.Errorf("%d logins were sent, %d errors were remembered", n, remembered)
			}
			if !latched {
				return
			}
			// The next process.
			err := account(client(t, server, nimbus.Password("api-user", "wrong-password", nimbus.FileLatch(file))))
			if !errors.Is(err, nimbus.ErrUnauthorized) || server.Snapshot().Logins != 1 {
				t.Errorf("the next process: %v after %d logins", err, server.Snapshot().Logins)
			}
			if err := account(client(t, server, nimbus.Password("api-user", "right-password", nimbus.FileLatch(file)))); err != nil {
				t.Errorf("with other credentials: %v", err)
			}
			if raw, err := os.ReadFile(file); err != nil || strings.Contains(string(raw), "wrong-password") || strings.Contains(string(raw), "api-user") {
				t.Errorf("latch file: %s, %v", raw, err)
			}
			if info, err := os.Stat(file); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("latch file: %v, %v", info.Mode(), err)
			}
			if err := nimbus.FileLatch(file).Clear(); err != nil {
				t.Error(err)
			}
			account(client(t, server, nimbus.Password("api-user", "wrong-password", nimbus.FileLatch(file))))
			if n := server.Snapshot().Logins; n != 3 {
				t.Errorf("after Clear: %d logins", n)
			}
		})
	}
}

func TestPassword_latchUnreadable(t *testing.T) {
	for name, prepare := range map[string]func(file string) error{
		"damaged":    func(file string) error { return os.WriteFile(file, []byte(`{"a":`), 0o600) },
		"null":       func(file string) error { return os.WriteFile(file, []byte(`null`), 0o600) },
		"not a file": func(file string) error { return os.Mkdir(file, 0o700) },
		"readable by others": func(file string) error {
			if runtime.GOOS == "windows" {
				return os.WriteFile(file, nil, 0o600)
			}
			return errors.Join(os.WriteFile(file, []byte(`{}`), 0o600), os.Chmod(file, 0o644))
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "latch")
			if err := prepare(file); err != nil {
				t.Fatal(err)
			}
			server := nimbustest.New(nimbustest.Config{})
			err := account(client(t, server, nimbus.Password("api-user", "right", nimbus.FileLatch(file))))
			if !errors.Is(err, nimbus.ErrUnauthorized) || server.Snapshot().Logins != 0 {
				t.Errorf("error = %v after %d logins", err, server.Snapshot().Logins)
			}
		})
	}
}

func TestPassword_latchCannotRemember(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{Password: "right"})
	login := nimbus.Password("api-user", "wrong", nimbus.FileLatch(filepath.Join(t.TempDir(), "missing", "latch")))
	c := client(t, server, login)
	for range 2 {
		refused, ok := errors.AsType[*nimbus.LoginError](account(c))
		if !ok || refused.LatchErr == nil || !strings.Contains(refused.Error(), "could not keep") {
			t.Errorf("error = %v", refused)
		}
	}
	if n := server.Snapshot().Logins; n != 1 {
		t.Errorf("%d logins", n)
	}
}

func TestPassword_reasons(t *testing.T) {
	for reason, advice := range map[nimbus.LoginReason]string{
		nimbus.LoginLocked: "unlock", nimbus.LoginSecondFactor: "without a second factor", nimbus.LoginSSO: "single sign-on",
	} {
		server := nimbustest.New(nimbustest.Config{RefuseLogin: reason})
		err := account(client(t, server, nimbus.Password("api-user", "right", nil)))
		if refused, ok := errors.AsType[*nimbus.LoginError](err); !ok || refused.Reason != reason || !strings.Contains(err.Error(), advice) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// A login without a usable answer says nothing of the operation, which was not
// sent, and is itself sent once.
func TestPassword_noUsableAnswer(t *testing.T) {
	const problem = "application/problem+json"
	for name, tt := range map[string]struct {
		login *http.Response
		is    error
	}{
		"unavailable":  {answer(503, problem, `{}`), nimbus.ErrUnavailable},
		"lost":         {nil, nimbus.ErrUnavailable},
		"rate limited": {answer(429, problem, `{"code":"slow-down"}`), nimbus.ErrRateLimited},
		"redirected":   {answer(302, "text/html", ``), nimbus.ErrInvalid},
		"a page":       {answer(200, "text/html", `<html>`), nimbus.ErrInvalid},
		"empty":        {answer(200, "application/json", ``), nimbus.ErrInvalid},
		"no token":     {answer(200, "application/json", `{"token":"","expiresAt":"2099-01-01T00:00:00Z"}`), nimbus.ErrInvalid},
		"no expiry":    {answer(200, "application/json", `{"token":"x"}`), nimbus.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent []string
				if tt.login != nil {
					tt.login.Header.Set("Retry-After", "7")
				}
				c := client(t, roundTripper(func(r *http.Request) (*http.Response, error) {
					sent = append(sent, r.Method+" "+r.URL.Path)
					if tt.login == nil {
						return nil, io.ErrUnexpectedEOF
					}
					return tt.login, nil
				}), nimbus.Password("api-user", "secret-password", nil))
				err := c.Clients.Delete(t.Context(), "c-1")
				if !errors.Is(err, tt.is) || errors.Is(err, nimbus.ErrOutcomeUnknown) || strings.Contains(err.Error(), "secret-password") {
					t.Errorf("error = %v, want %v", err, tt.is)
				}
				if len(sent) != 1 || sent[0] != "POST /v1/session" {
					t.Errorf("sent %v", sent)
				}
				if e, ok := errors.AsType[*nimbus.Error](err); !ok || name == "rate limited" && e.RetryAfter != 7*time.Second {
					t.Errorf("error = %#v", err)
				}
			})
		})
	}
}

func TestClient_session(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := nimbustest.New(nimbustest.Config{SessionLife: time.Hour})
		slow := roundTripper(func(r *http.Request) (*http.Response, error) {
			time.Sleep(time.Second)
			return server.RoundTrip(r)
		})
		c := client(t, slow, nimbus.Password("api-user", "right", nil))
		logins := func(step string, want int) {
			t.Helper()
			errs := make(chan error)
			for range 10 {
				go func() { errs <- account(c) }()
			}
			for range 10 {
				if err := <-errs; err != nil {
					t.Errorf("%s: %v", step, err)
				}
			}
			if n := server.Snapshot().Logins; n != want {
				t.Errorf("%s: %d logins, want %d", step, n, want)
			}
		}
		logins("ten callers at once", 1)
		server.ExpireSessions()
		logins("after the server ended the session", 2)
		time.Sleep(time.Hour - 20*time.Second)
		logins("shortly before the session ends", 3)
		logins("with that session", 3)
	})
}

// With a clock that is ahead of the server's, not every call logs in.
func TestClient_sessionClockAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := nimbustest.New(nimbustest.Config{SessionLife: time.Hour})
		c := client(t, roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path != "/v1/session" {
				return server.RoundTrip(r)
			}
			res, err := server.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			raw, err := io.ReadAll(res.Body)
			var session map[string]string
			if err := errors.Join(err, json.Unmarshal(raw, &session)); err != nil {
				return nil, err
			}
			return answer(200, "application/json", `{"token":"`+session["token"]+`","expiresAt":"1999-12-31T23:00:00Z"}`), nil
		}), nimbus.Password("api-user", "right", nil))
		for range 3 {
			if err := account(c); err != nil {
				t.Fatal(err)
			}
		}
		if n := server.Snapshot().Logins; n != 1 {
			t.Errorf("%d logins", n)
		}
		time.Sleep(time.Hour)
		if err := account(c); err != nil || server.Snapshot().Logins != 2 {
			t.Errorf("after the session's end: %v, %d logins", err, server.Snapshot().Logins)
		}
	})
}

// A caller that goes away does not take the login with it: its answer may be a
// refusal, which must be remembered.
func TestClient_sessionCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := nimbustest.New(nimbustest.Config{Password: "right"})
		slow := roundTripper(func(r *http.Request) (*http.Response, error) {
			select {
			case <-time.After(10 * time.Second):
				return server.RoundTrip(r)
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})
		c := client(t, slow, nimbus.Password("api-user", "wrong", nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := c.Account.Get(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		if refused, ok := errors.AsType[*nimbus.LoginError](account(c)); !ok || !refused.Remembered || server.Snapshot().Logins != 1 {
			t.Errorf("then: %v after %d logins", refused, server.Snapshot().Logins)
		}
	})
}

// A token that is refused again is not renewed for ever.
func TestClient_sessionNeverAccepted(t *testing.T) {
	var logins, calls atomic.Int32
	c := client(t, roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/v1/session" {
			return answer(200, "application/json", fmt.Sprintf(`{"token":"t%d","expiresAt":"2099-01-01T00:00:00Z"}`, logins.Add(1))), nil
		}
		calls.Add(1)
		return answer(401, "application/problem+json", `{"code":"session-expired"}`), nil
	}), nimbus.Password("api-user", "right", nil))
	err := account(c)
	if e, ok := errors.AsType[*nimbus.Error](err); !ok || !errors.Is(err, nimbus.ErrUnauthorized) || e.Code != nimbus.CodeSessionExpired {
		t.Errorf("error = %v", err)
	}
	if logins.Load() != 2 || calls.Load() != 2 {
		t.Errorf("%d logins, %d calls", logins.Load(), calls.Load())
	}
}

func TestClient_readOnly(t *testing.T) {
	server := nimbustest.New(nimbustest.Config{})
	id := server.AddClient(nimbustest.Client{Code: "SMIT0001"})
	byConfig, err := nimbus.NewClient(nimbus.Config{
		BaseURL: "https://nimbus.example.com", HTTPClient: &http.Client{Transport: server}, Login: nimbus.Password("api-user", "right", nil), ReadOnly: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		c   *nimbus.Client
		ctx context.Context
	}{
		"by config":  {byConfig, t.Context()},
		"by context": {client(t, server, nimbus.Password("api-user", "right", nil)), transport.WithReadOnly(t.Context())},
	} {
		if err := tt.c.Clients.Delete(tt.ctx, id); !errors.Is(err, nimbus.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
		if err := tt.c.Contacts.RemovePortalAccess(tt.ctx, "ct-1"); !errors.Is(err, nimbus.ErrReadOnly) {
			t.Errorf("%s: %v", name, err)
		}
		if e, err := tt.c.Clients.Get(tt.ctx, id); err != nil || e.Code != "SMIT0001" { // a login is allowed
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSecrets_notPrinted(t *testing.T) {
	config := nimbus.Config{Login: nimbus.Password("secret-code", "secret-password", nil)}
	session := nimbus.NewSession("secret-token", time.Time{})
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := slog.AnyValue(session).Resolve().String() + fmt.Sprintf(verb, config) + fmt.Sprintf(verb, config.Login) + fmt.Sprintf(verb, session); strings.Contains(text, "secret-") {
			t.Errorf("%s prints %s", verb, text)
		}
	}
}

func TestSession_recorded(t *testing.T) {
	c := recorded(t, "session_start", nimbus.Password("api-user", "example", nil))
	a, err := c.Account.Get(t.Context())
	if err != nil || !a.Offers("from.the.future") || !a.Offers(nimbus.CapabilitySyncStart) || a.Edition != nimbus.EditionCDM {
		t.Errorf("account = %+v, %v", a, err)
	}
	c = recorded(t, "session_start_locked", nimbus.Password("api-user", "example", nil))
	if refused, ok := errors.AsType[*nimbus.LoginError](account(c)); !ok || refused.Reason != nimbus.LoginLocked {
		t.Errorf("locked: %v", refused)
	}
}
