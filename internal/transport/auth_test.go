package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/apierr"
)

// tokens gives token 0 until it is invalidated, then token 1, and so on.
type tokens struct {
	n           int
	invalidated []string
	err         error
	stuck       bool
}

func (s *tokens) Token() (*oauth2.Token, error) {
	if s.err != nil {
		return nil, s.err
	}
	return &oauth2.Token{AccessToken: fmt.Sprintf("token-%d", s.n)}, nil
}

func (s *tokens) Invalidate(accessToken string) {
	s.invalidated = append(s.invalidated, accessToken)
	if !s.stuck {
		s.n++
	}
}

func with(a Authorizer) func(*Config) { return func(c *Config) { c.Authorizer = a } }

func TestBearer_RenewsOnce(t *testing.T) {
	for _, c := range []struct {
		name     string
		source   *tokens
		answers  []int
		want     error
		requests int
	}{
		{"renewed", &tokens{}, []int{401, 200}, nil, 2},
		{"refused again", &tokens{}, []int{401, 401, 200}, apierr.ErrUnauthorized, 2},
		{"the same token", &tokens{stuck: true}, []int{401, 200}, apierr.ErrUnauthorized, 1},
		{"renewed between retries", &tokens{}, []int{429, 401, 429, 200}, nil, 4},
		{"once a call", &tokens{}, []int{401, 429, 401, 200}, apierr.ErrUnauthorized, 3},
	} {
		for _, effect := range []Effect{Read, Once} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					source := *c.source
					var answers []func(*http.Request) (*http.Response, error)
					for _, status := range c.answers {
						answers = append(answers, answer(status, ""))
					}
					f := server(answers...)
					_, err := read(context.Background(), client(t, f, with(Bearer(&source))), request(effect))
					if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || len(f.requests) != c.requests {
						t.Errorf("error %v, %d requests; want %v, %d", err, len(f.requests), c.want, c.requests)
					}
					if len(source.invalidated) != 1 || source.invalidated[0] != "token-0" {
						t.Errorf("invalidated %q", source.invalidated)
					}
					last := f.requests[len(f.requests)-1]
					if got := last.Header.Get("Authorization"); got != fmt.Sprintf("Bearer token-%d", source.n) {
						t.Errorf("last request has %q", got)
					}
					if got := f.bodies[len(f.bodies)-1]; effect == Once && got != "body" {
						t.Errorf("last body is %q", got)
					}
					if f.open != 0 {
						t.Errorf("%d bodies left open", f.open)
					}
				})
			})
		}
	}
}

func TestClient_WithoutCredentialsSendsNothing(t *testing.T) {
	const address = "https://login.example.com/token?secret=hunter2"
	for _, c := range []struct {
		name string
		err  error
		want error
		text string
	}{
		{"plain", errors.New("store is locked"), apierr.ErrUnauthorized, "no credentials: store is locked"},
		{"sentinel", fmt.Errorf("store: %w", apierr.ErrForbidden), apierr.ErrForbidden, "no credentials: store: not allowed"},
		{"refused", &oauth2.RetrieveError{ErrorCode: "invalid_grant", Body: []byte("hunter2"), Response: &http.Response{StatusCode: 400}}, apierr.ErrUnauthorized, "no credentials: token refused, invalid_grant"},
		{"endpoint down", &oauth2.RetrieveError{Body: []byte("hunter2"), Response: &http.Response{StatusCode: 503}}, apierr.ErrUnavailable, "no credentials: token refused"},
		{"network", &url.Error{Op: "Post", URL: address, Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}, apierr.ErrUnavailable, "no credentials: connection not made"},
		// What became of a login says nothing about the operation.
		{"login lost", &Failure{Op: "Login", Err: &reason{sentinel: apierr.ErrOutcomeUnknown, text: "x"}, service: "demo"}, apierr.ErrUnavailable, "no credentials: demo: Login"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := server(answer(200, ""))
			_, err := client(t, f, with(Bearer(&tokens{err: c.err}))).Do(context.Background(), request(Once))
			if !errors.Is(err, c.want) || errors.Is(err, apierr.ErrOutcomeUnknown) || len(f.requests) != 0 {
				t.Errorf("error %v, %d requests; want %v and none", err, len(f.requests), c.want)
			}
			if !strings.Contains(err.Error(), c.text) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "://") {
				t.Errorf("error reads %q", err)
			}
		})
	}
	for name, source := range map[string]oauth2.TokenSource{"nil": nil, "empty token": oauth2.StaticTokenSource(&oauth2.Token{})} {
		if _, err := client(t, server(answer(200, "")), with(Bearer(source))).Do(context.Background(), request(Read)); !errors.Is(err, apierr.ErrUnauthorized) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestClient_TokenErrorAtRenewal(t *testing.T) {
	source := &tokens{}
	f := server(func(r *http.Request) (*http.Response, error) {
		source.err = &oauth2.RetrieveError{ErrorCode: "invalid_grant"}
		return answer(401, "")(r)
	})
	_, err := client(t, f, with(Bearer(source))).Do(context.Background(), request(Read))
	if !errors.Is(err, apierr.ErrUnauthorized) || len(f.requests) != 1 || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("error %v, %d requests", err, len(f.requests))
	}
}

type hangingSource struct{ release chan struct{} }

func (s hangingSource) Token() (*oauth2.Token, error) {
	<-s.release
	return nil, errors.New("too late")
}

// x/oauth2 refreshes without the caller's context; a caller does not wait for it.
func TestBearer_CancelDoesNotWaitForTheSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := hangingSource{make(chan struct{})}
		defer close(source.release)
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		start := time.Now()
		_, err := client(t, server(answer(200, "")), with(Bearer(source))).Do(ctx, request(Once))
		if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, apierr.ErrOutcomeUnknown) || time.Since(start) != 2*time.Second {
			t.Errorf("error %v after %s", err, time.Since(start))
		}
	})
}

// strayAuthorizer tries to send the request elsewhere.
type strayAuthorizer func(*http.Request)

func (a strayAuthorizer) Authorize(_ context.Context, r *http.Request) error { a(r); return nil }
func (a strayAuthorizer) Renew(context.Context, *http.Request) (bool, error) { return false, nil }

func TestClient_AuthorizerCannotChangeTheHost(t *testing.T) {
	for name, a := range map[string]strayAuthorizer{
		"host":   func(r *http.Request) { r.URL.Host = "elsewhere.example.com" },
		"scheme": func(r *http.Request) { r.URL.Scheme = "http" },
		"header": func(r *http.Request) { r.Host = "elsewhere.example.com" },
		"none":   func(r *http.Request) { r.URL = nil },
		"url":    func(r *http.Request) { r.URL = &url.URL{Scheme: "https", Host: "elsewhere.example.com"} },
	} {
		f := server(answer(200, ""))
		if _, err := client(t, f, with(a)).Do(context.Background(), request(Read)); !errors.Is(err, apierr.ErrInvalid) || len(f.requests) != 0 {
			t.Errorf("%s: error %v, %d requests", name, err, len(f.requests))
		}
	}
	f := server(answer(200, ""))
	c := client(t, f, with(strayAuthorizer(func(r *http.Request) { r.URL.RawQuery = "key=1" })))
	for range 2 {
		if _, err := read(context.Background(), c, request(Read)); err != nil {
			t.Fatal(err)
		}
	}
	if got := f.requests[1].URL.RawQuery; got != "key=1" {
		t.Errorf("query is %q", got)
	}
}

func TestClient_Anonymous(t *testing.T) {
	f := server(answer(401, ""))
	source := &tokens{}
	r := request(Once)
	r.Anonymous = true
	_, err := client(t, f, with(Bearer(source))).Do(context.Background(), r)
	if !errors.Is(err, apierr.ErrUnauthorized) || len(f.requests) != 1 || len(source.invalidated) != 0 {
		t.Errorf("error %v, %d requests, invalidated %q", err, len(f.requests), source.invalidated)
	}
	if _, ok := f.requests[0].Header["Authorization"]; ok {
		t.Error("a login call has credentials")
	}
}

func TestClient_Cookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		f := server(answer(503, "", "Set-Cookie", "route=7"), answer(503, ""), answer(200, ""))
		if _, err := read(context.Background(), client(t, f, func(c *Config) { c.HTTPClient.Jar = jar }), request(Read)); err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"", "route=7", "route=7"} {
			if got := f.requests[i].Header.Get("Cookie"); got != want {
				t.Errorf("request %d has cookie %q, want %q", i, got, want)
			}
		}
	})
}

// turns is a limiter that counts.
type turns struct {
	taken, released int
	headers         []http.Header
	err             error
}

func (l *turns) Acquire(context.Context) (func(http.Header), error) {
	if l.err != nil {
		return nil, l.err
	}
	l.taken++
	return func(h http.Header) { l.released++; l.headers = append(l.headers, h) }, nil
}

func TestClient_TurnPerAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &turns{}
		f := server(answer(429, "", "X-N", "1"), failure(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), answer(200, "ok", "X-N", "3"))
		resp, err := client(t, f, func(c *Config) { c.Limiter = l }).Do(context.Background(), request(Once))
		if err != nil {
			t.Fatal(err)
		}
		if l.taken != 3 || l.released != 2 {
			t.Errorf("before Close %d turns taken, %d released; want 3 and 2", l.taken, l.released)
		}
		resp.Body.Close()
		resp.Body.Close()
		if l.released != 3 || l.headers[0].Get("X-N") != "1" || l.headers[1] != nil || l.headers[2].Get("X-N") != "3" {
			t.Errorf("%d turns released, with %v", l.released, l.headers)
		}
	})
	l := &turns{}
	client(t, server(answer(200, "", "Content-Encoding", "br")), func(c *Config) { c.Limiter = l }).Do(context.Background(), request(Read))
	if l.taken != 1 || l.released != 1 {
		t.Errorf("an answer that is refused: %d turns taken, %d released", l.taken, l.released)
	}
}

type spent struct{}

func (spent) Error() string             { return "spent" }
func (spent) RetryAfter() time.Duration { return 5 * time.Hour }
func (spent) Limit() string             { return "day" }

func TestClient_NoTurn(t *testing.T) {
	f := server(answer(200, ""))
	_, err := client(t, f, func(c *Config) { c.Limiter = &turns{err: fmt.Errorf("pace: %w", spent{})} }).Do(context.Background(), request(Once))
	got := asFailure(t, err)
	if !errors.Is(err, apierr.ErrRateLimited) || got.RetryAfter != 5*time.Hour || got.Limit != "day" || got.Attempts != 0 || len(f.requests) != 0 {
		t.Errorf("error %v, %+v", err, got)
	}
}

func TestClient_Log(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		f := server(
			failure(errors.New("https://api.example.com/base/a?hunter2")),
			answer(429, "hunter2", "Retry-After", "1", "X-Hunter", "hunter2"),
			answer(200, "hunter2", "X-Request", "r1"),
		)
		r := request(Repeatable)
		r.Query, r.Header = url.Values{"q": {"hunter2"}}, http.Header{"X-Key": {"hunter2"}}
		if _, err := read(context.Background(), client(t, f, debugLog(&log)), r); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 3 || strings.Contains(log.String(), "hunter2") || strings.Contains(log.String(), "example.com") {
			t.Fatalf("log is\n%s", &log)
		}
		for i, want := range []string{
			`level=DEBUG msg=attempt service=demo op=Demo.Op method=POST attempt=1 duration=0s error="connection failed"`,
			`level=DEBUG msg=attempt service=demo op=Demo.Op method=POST attempt=2 duration=0s status=429`,
			`level=DEBUG msg=attempt service=demo op=Demo.Op method=POST attempt=3 duration=0s status=200 request_id=r1`,
		} {
			if !strings.HasSuffix(lines[i], want) {
				t.Errorf("record %d is %s, want %s", i, lines[i], want)
			}
		}
	})
}
