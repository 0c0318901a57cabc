package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/apierr"
)

// Config is what a client is made of. Only BaseURL is required.
type Config struct {
	Service string // "xpm": names the client in logs and errors

	// BaseURL is absolute and https, or http on a loopback host with
	// InsecureLoopback. Its path is kept; a trailing slash is optional.
	BaseURL          string
	InsecureLoopback bool

	// HTTPClient gives its Transport, its Timeout (per attempt; 15 minutes if
	// it is 0) and its Jar. Its CheckRedirect is not used: redirects are never
	// followed. Without a Transport the client has one of its own, which takes
	// no proxy from the environment.
	HTTPClient *http.Client
	UserAgent  string
	Logger     *slog.Logger // one Debug record an attempt, metadata only; nil is silent

	MaxRetries       int           // repeats after the first attempt: 0 means 3, negative none
	MaxRetryWait     time.Duration // 0 means 30 s; a longer wait is returned as an error, not slept
	MaxResponseBytes int64         // cap on the decompressed body: 0 means 64 MiB

	Limiter    Limiter    // nil: none
	Authorizer Authorizer // nil: none

	// Throttled recognises throttling that does not come as a 429. It is asked
	// about every answer that is not 2xx.
	Throttled func(status int, h http.Header, body []byte) bool

	RequestIDHeader string // header of an answer that names it: "Xero-Correlation-Id"
	ReadOnly        bool   // refuse everything but Read with ErrReadOnly, before a byte leaves
}

const (
	defaultRetries = 3
	defaultWait    = 30 * time.Second
	defaultBytes   = 64 << 20
	defaultAttempt = 15 * time.Minute
)

// Client sends requests to one host. It is safe for concurrent use.
type Client struct {
	cfg     Config // with its defaults filled in
	base    *url.URL
	rt      http.RoundTripper
	jar     http.CookieJar
	attempt time.Duration                     // the longest one attempt may take
	jitter  func(time.Duration) time.Duration // a random part of its argument
	stack   *http.Client                      // what the retry loop calls: everything below it
	blank   *http.Request                     // what requests are copies of
	header  http.Header                       // what every request has
}

// New checks cfg and makes a client of it, without touching the network. Its
// errors name the field that is wrong.
func New(cfg Config) (*Client, error) {
	base, err := parseBase(cfg.BaseURL, cfg.InsecureLoopback)
	if err != nil {
		return nil, fmt.Errorf("%s: BaseURL %w", cfg.Service, err)
	}
	for field, negative := range map[string]bool{
		"MaxRetryWait":     cfg.MaxRetryWait < 0,
		"MaxResponseBytes": cfg.MaxResponseBytes < 0,
	} {
		if negative {
			return nil, fmt.Errorf("%s: %s is negative", cfg.Service, field)
		}
	}
	if hasControl(cfg.UserAgent) {
		return nil, fmt.Errorf("%s: UserAgent has a control character", cfg.Service)
	}
	if cfg.MaxRetries == 0 {
		cfg.MaxRetries = defaultRetries
	}
	cfg.MaxRetries = max(cfg.MaxRetries, 0)
	if cfg.MaxRetryWait == 0 {
		cfg.MaxRetryWait = defaultWait
	}
	if cfg.MaxResponseBytes == 0 {
		cfg.MaxResponseBytes = defaultBytes
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Client{cfg: cfg, base: base, attempt: defaultAttempt, jitter: fullJitter}
	if h := cfg.HTTPClient; h != nil {
		c.rt, c.jar = h.Transport, h.Jar
		if h.Timeout > 0 {
			c.attempt = h.Timeout
		}
	}
	if c.rt == nil {
		c.rt = ownTransport()
	}
	c.stack = &http.Client{Transport: stack{}}
	c.blank = &http.Request{Header: http.Header{}}
	c.header = http.Header{"Accept-Encoding": {"gzip"}}
	if cfg.UserAgent != "" {
		c.header.Set("User-Agent", cfg.UserAgent)
	}
	return c, nil
}

// parseBase checks the address and gives its path a trailing slash.
func parseBase(s string, loopback bool) (*url.URL, error) {
	if s == "" {
		return nil, errors.New("is missing")
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL") // the parser's error quotes it
	case u.Host == "" || u.Hostname() == "":
		return nil, errors.New("is not absolute")
	case u.User != nil:
		return nil, errors.New("holds credentials")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("has a query or a fragment")
	case u.Scheme == "http" && !(loopback && isLoopback(u.Hostname())):
		return nil, errors.New("is http: only https is allowed, or http on a loopback host with InsecureLoopback")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("is not https")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u = u.JoinPath("/")
	}
	return u, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// ownTransport is for callers that bring none.
func ownTransport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,
		IdleConnTimeout:       90 * time.Second,
		MaxIdleConnsPerHost:   8,
		ForceAttemptHTTP2:     true,
		DisableCompression:    true, // the client asks for gzip itself, to cap what comes out
	}
}

// Response is a 2xx answer. Body is decompressed and capped, and the caller
// closes it; until then the call holds its place in the quota. An error of
// Body.Read wraps a sentinel: ErrTooLarge beyond the cap, ErrUnavailable or
// ErrInvalid for an answer that was cut off or garbled, the context's error,
// and for an operation that is Once always ErrOutcomeUnknown as well.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       io.ReadCloser
	Attempts   int
	RequestID  string
}

// Do sends r and repeats it where its Effect allows. It returns 2xx answers
// only; every error is a *Failure.
//
// A request that cannot be sent as it is, a redirect and a status without a
// sentinel of its own are ErrInvalid. When ctx ends, the error is ctx's, at
// once; for an operation that is Once and may have left, it is
// ErrOutcomeUnknown too.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	k := &call{Client: c, r: r}
	if ctx == nil {
		return nil, k.failure(&reason{sentinel: apierr.ErrInvalid, text: "nil context"})
	}
	if r.Effect != Read && (c.cfg.ReadOnly || IsReadOnly(ctx)) {
		return nil, k.failure(apierr.ErrReadOnly)
	}
	err := r.check()
	if err == nil {
		k.url, err = r.url(c.base)
	}
	if err != nil {
		return nil, k.failure(&reason{sentinel: apierr.ErrInvalid, text: err.Error()})
	}
	resp, f := k.retry(ctx)
	if f != nil {
		return nil, f
	}
	b := resp.Body.(*body)
	b.response = Response{
		StatusCode: resp.StatusCode, Header: resp.Header, Body: b,
		Attempts: k.attempts, RequestID: c.requestID(resp.Header),
	}
	return &b.response, nil
}

type readOnlyKey struct{}

// WithReadOnly makes every call under the context that is not a Read fail with
// ErrReadOnly before a byte leaves, whatever the client's Config says.
func WithReadOnly(ctx context.Context) context.Context {
	return context.WithValue(ctx, readOnlyKey{}, true)
}

// IsReadOnly reports whether the context is one of WithReadOnly's. What takes the
// place of a client, as a model of one does, refuses what the client would.
func IsReadOnly(ctx context.Context) bool { return ctx.Value(readOnlyKey{}) != nil }

func (c *Client) requestID(h http.Header) string {
	if c.cfg.RequestIDHeader == "" {
		return ""
	}
	return apierr.Clean(h.Get(c.cfg.RequestIDHeader))
}
