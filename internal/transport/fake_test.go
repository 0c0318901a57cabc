package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// far is an in-memory server: answers in order, the last for all that follow.
type far struct {
	mu       sync.Mutex
	answers  []func(*http.Request) (*http.Response, error)
	requests []*http.Request
	bodies   []string
	at       []time.Time
	open     int
}

func (f *far) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	f.mu.Lock()
	n := min(len(f.requests), len(f.answers)-1)
	f.requests = append(f.requests, r)
	f.bodies = append(f.bodies, string(body))
	f.at = append(f.at, time.Now())
	f.mu.Unlock()
	resp, err := f.answers[n](r)
	if resp != nil && resp.Body != nil {
		f.mu.Lock()
		f.open++
		f.mu.Unlock()
		resp.Body = &closing{ReadCloser: resp.Body, f: f}
	}
	return resp, err
}

type closing struct {
	io.ReadCloser
	f    *far
	once sync.Once
}

func (c *closing) Close() error {
	c.once.Do(func() {
		c.f.mu.Lock()
		defer c.f.mu.Unlock()
		c.f.open--
	})
	return c.ReadCloser.Close()
}

// answer makes a response; header holds names and values in turn.
func answer(status int, body string, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{
			StatusCode: status, Header: h, Request: r,
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	}
}

func failure(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// silence gives no answer until the attempt is ended.
func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func server(answers ...func(*http.Request) (*http.Response, error)) *far {
	return &far{answers: answers}
}

const baseURL = "https://api.example.com/base"

// client makes a client whose waits have no random part: each is as long as it
// can be.
func client(t testing.TB, rt http.RoundTripper, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{Service: "demo", BaseURL: baseURL, HTTPClient: &http.Client{Transport: rt}, RequestIDHeader: "X-Request"}
	for _, c := range change {
		c(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.jitter = func(d time.Duration) time.Duration { return d }
	return c
}

// read does r and reads its answer.
func read(ctx context.Context, c *Client, r Request) (string, error) {
	resp, err := c.Do(ctx, r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}

// request is one of the effect, with the method that fits it.
func request(e Effect) Request {
	r := Request{Op: "Demo.Op", Effect: e, Method: http.MethodGet, Path: "a"}
	if e != Read {
		r.Method = http.MethodPost
		r.Body, r.ContentLength = Bytes([]byte("body"))
	}
	return r
}

func asFailure(t *testing.T, err error) *Failure {
	t.Helper()
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("error %v is a %T, not a *Failure", err, err)
	}
	return f
}

func debugLog(b *bytes.Buffer) func(*Config) {
	return func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}
