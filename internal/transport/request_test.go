package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/practicekit/offboarding/internal/apierr"
)

func TestClient_RefusesRequestsThatCannotBeSafe(t *testing.T) {
	for name, change := range map[string]func(*Request){
		"effect":            func(r *Request) { r.Effect = 3 },
		"negative effect":   func(r *Request) { r.Effect = -1 },
		"no method":         func(r *Request) { r.Method = "" },
		"method":            func(r *Request) { r.Method = "GET /x HTTP/1.1\r\n" },
		"once by GET":       func(r *Request) { r.Effect = Once },
		"once with a key":   func(r *Request) { r.Effect, r.Method, r.Header = Once, "POST", http.Header{"idempotency-key": {"1"}} },
		"header value":      func(r *Request) { r.Header = http.Header{"X-A": {"a\r\nX-B: b"}} },
		"header name":       func(r *Request) { r.Header = http.Header{"X-A\n": {"a"}} },
		"negative cap":      func(r *Request) { r.MaxResponseBytes = -1 },
		"query in the path": func(r *Request) { r.Path = "a?b=c" },
		"fragment":          func(r *Request) { r.Path = "a#b" },
		"not escaped":       func(r *Request) { r.Path = "a%zz" },
		"missing id":        func(r *Request) { r.Path = Path("clients", "", "archive") },
		"missing id at end": func(r *Request) { r.Path = Path("clients", "") },
		"parent":            func(r *Request) { r.Path = Path("clients", "..") },
		"self":              func(r *Request) { r.Path = Path("clients", ".", "x") },
		"escaped parent":    func(r *Request) { r.Path = "clients/%2e%2E/x" },
		"another host":      func(r *Request) { r.Path = "//evil.example.net/a" },
		"absolute":          func(r *Request) { r.Path = "https://evil.example.net/a" },
	} {
		t.Run(name, func(t *testing.T) {
			f := server(answer(200, ""))
			r := request(Read)
			change(&r)
			_, err := client(t, f).Do(context.Background(), r)
			if !errors.Is(err, apierr.ErrInvalid) || len(f.requests) != 0 {
				t.Errorf("error %v, %d requests; want ErrInvalid and none", err, len(f.requests))
			}
		})
	}
}

func TestClient_NilContext(t *testing.T) {
	var none context.Context
	if _, err := client(t, server(answer(200, ""))).Do(none, request(Read)); !errors.Is(err, apierr.ErrInvalid) {
		t.Errorf("error %v, want ErrInvalid", err)
	}
}

func TestRequest_URL(t *testing.T) {
	for _, c := range []struct {
		base, path string
		query      url.Values
		want       string
	}{
		{"https://h.example.com", "", nil, "https://h.example.com/"},
		{"https://h.example.com", "a/b", nil, "https://h.example.com/a/b"},
		{"https://h.example.com/x", "/a", nil, "https://h.example.com/x/a"},
		{"https://h.example.com/x/", "a", url.Values{"q": {"1 &2"}}, "https://h.example.com/x/a?q=1+%262"},
		{"https://h.example.com/x%2Fy", "a", nil, "https://h.example.com/x%2Fy/a"},
		{"https://h.example.com:8443/x", Path("a/b", "c?d", "e%f", "ü"), nil, "https://h.example.com:8443/x/a%2Fb/c%3Fd/e%25f/%C3%BC"},
		{"https://h.example.com/x", Path("a:b", "...", "c.api"), nil, "https://h.example.com/x/a:b/.../c.api"},
	} {
		base, err := parseBase(c.base, false)
		if err != nil {
			t.Fatal(err)
		}
		u, err := (&Request{Path: c.path, Query: c.query}).url(base)
		if err != nil {
			t.Errorf("%s + %s: %v", c.base, c.path, err)
			continue
		}
		if (&u).String() != c.want {
			t.Errorf("%s + %s = %s, want %s", c.base, c.path, &u, c.want)
		}
	}
}

func TestClient_SendsTheRequestAsItIs(t *testing.T) {
	f := server(answer(201, "made", "X-Request", "r1"))
	r := request(Once)
	r.Header = http.Header{"Accept": {"text/csv"}}
	resp, err := client(t, f, func(c *Config) { c.UserAgent = "demo/1" }).Do(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := f.requests[0]
	if got.Method != "POST" || got.URL.String() != "https://api.example.com/base/a" || got.Host != "api.example.com" ||
		f.bodies[0] != "body" || got.ContentLength != 4 ||
		got.Header.Get("Accept") != "text/csv" || got.Header.Get("User-Agent") != "demo/1" {
		t.Errorf("request is %s %s, length %d, header %v, body %q", got.Method, got.URL, got.ContentLength, got.Header, f.bodies[0])
	}
	for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "Authorization", "Cookie"} {
		if _, ok := got.Header[name]; ok {
			t.Errorf("header %s is set", name)
		}
	}
	if resp.StatusCode != 201 || resp.RequestID != "r1" || resp.Attempts != 1 {
		t.Errorf("response %+v", resp)
	}
	if len(r.Header) != 1 {
		t.Errorf("the caller's header became %v", r.Header)
	}
}

func TestClient_BodyThatCannotBeOpened(t *testing.T) {
	f := server(answer(200, ""))
	cause := errors.New("no such file")
	r := request(Once)
	r.Body = func() (io.ReadCloser, error) { return nil, cause }
	_, err := client(t, f).Do(context.Background(), r)
	if !errors.Is(err, apierr.ErrInvalid) || !errors.Is(err, cause) || len(f.requests) != 0 || asFailure(t, err).Attempts != 0 {
		t.Errorf("error %v, %d requests; want ErrInvalid and none", err, len(f.requests))
	}
}

func TestNew_Refuses(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  Config
		want string
	}{
		{"none", Config{}, "demo: BaseURL is missing"},
		{"relative", Config{BaseURL: "/a"}, "demo: BaseURL is not absolute"},
		{"no host", Config{BaseURL: "https:///a"}, "demo: BaseURL is not absolute"},
		{"port only", Config{BaseURL: "https://:443/a"}, "demo: BaseURL is not absolute"},
		{"garbage", Config{BaseURL: "https://a b\x7f"}, "demo: BaseURL is not a URL"},
		{"credentials", Config{BaseURL: "https://u:secret@h.example.com"}, "demo: BaseURL holds credentials"},
		{"query", Config{BaseURL: "https://h.example.com?a=b"}, "demo: BaseURL has a query or a fragment"},
		{"ftp", Config{BaseURL: "ftp://h.example.com"}, "demo: BaseURL is not https"},
		{"http", Config{BaseURL: "http://h.example.com", InsecureLoopback: true}, "demo: BaseURL is http: only https is allowed, or http on a loopback host with InsecureLoopback"},
		{"loopback", Config{BaseURL: "http://127.0.0.1"}, "demo: BaseURL is http: only https is allowed, or http on a loopback host with InsecureLoopback"},
		{"lookalike", Config{BaseURL: "http://127.0.0.1.example.com", InsecureLoopback: true}, "demo: BaseURL is http: only https is allowed, or http on a loopback host with InsecureLoopback"},
		{"wait", Config{BaseURL: baseURL, MaxRetryWait: -1}, "demo: MaxRetryWait is negative"},
		{"bytes", Config{BaseURL: baseURL, MaxResponseBytes: -1}, "demo: MaxResponseBytes is negative"},
		{"agent", Config{BaseURL: baseURL, UserAgent: "a\r\nb"}, "demo: UserAgent has a control character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Service = "demo"
			if _, err := New(c.cfg); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
	for _, base := range []string{"http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:1"} {
		if _, err := New(Config{BaseURL: base, InsecureLoopback: true}); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}
