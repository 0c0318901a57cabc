package xpm_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/xpm"
)

const (
	tenant = "5e1f0004-7c3a-4b6d-9e20-a1b2c3d40004"
	acme   = xpm.ClientUUID("5e1f0009-7c3a-4b6d-9e20-a1b2c3d40009")
)

// roundTrip answers requests without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// unpaced lets every call through.
type unpaced struct{}

func (unpaced) Acquire(context.Context) (func(http.Header), error) {
	return func(http.Header) {}, nil
}

// newClient returns a client over rt that neither waits its turn nor retries.
func newClient(t testing.TB, rt http.RoundTripper, options ...func(*xpm.Config)) *xpm.Client {
	t.Helper()
	config := xpm.Config{
		TenantID:    tenant,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"}),
		HTTPClient:  &http.Client{Transport: rt},
		Limiter:     unpaced{},
		MaxRetries:  -1,
	}
	for _, option := range options {
		option(&config)
	}
	c, err := xpm.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is the same answer to every request.
func answer(status int, contentType, body string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{"Xero-Correlation-Id": {"7a1f0000-0000-4000-8000-000000000001"}}
		if contentType != "" {
			h.Set("Content-Type", contentType)
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: r}, nil
	}
}

// ok is a 200 of XPM.
func ok(body string) roundTrip { return answer(http.StatusOK, "text/xml; charset=utf-8", body) }
