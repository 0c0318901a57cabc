package myobae

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/transport"
)

// Config says which gateway to talk to and how. Only BaseURL is required.
type Config struct {
	// BaseURL is where the gateway's "v1/…" paths begin. It must be https, or
	// http on a loopback address together with InsecureLoopback.
	BaseURL          string
	InsecureLoopback bool

	// TokenSource gives the bearer token. With nil no credentials are sent,
	// which suits a gateway that knows its callers by the client certificates
	// of HTTPClient's transport.
	TokenSource oauth2.TokenSource

	// HTTPClient lends its Transport, its Timeout (for one attempt) and its Jar.
	HTTPClient *http.Client
	UserAgent  string

	// Logger receives metadata only; nil is silent.
	Logger *slog.Logger

	// MaxRetries is how often a request that may be repeated is repeated: 0
	// means 3, negative never.
	MaxRetries int
	// MaxRetryWait is the longest wait before a repetition; 0 means 30 s. A
	// server that asks for a longer one gets an error instead.
	MaxRetryWait time.Duration
	// MaxResponseBytes caps an answer, decompressed; 0 means 64 MiB.
	MaxResponseBytes int64

	// Limiter paces the attempts; nil means none.
	Limiter Limiter

	// ReadOnly refuses everything that is not a read with ErrReadOnly, before
	// anything is sent.
	ReadOnly bool
}

// Limiter paces attempts. Acquire waits until one may start, or until ctx ends;
// release is called with the answer's header when the body has been closed.
type Limiter interface {
	Acquire(ctx context.Context) (release func(http.Header), err error)
}

// Client is a handle on one gateway. It is safe for concurrent use.
type Client struct {
	Info        *InfoService
	Clients     *ClientsService
	ExtraFields *ExtraFieldsService
	Operations  *OperationsService

	transport *transport.Client
	base      *url.URL
}

// NewClient checks the configuration and returns a client. It sends nothing.
func NewClient(cfg Config) (*Client, error) {
	if cfg.BaseURL == "" {
		return nil, errors.New("myobae: Config.BaseURL is required: there is no default gateway")
	}
	tc := transport.Config{
		Service:          service,
		BaseURL:          cfg.BaseURL,
		InsecureLoopback: cfg.InsecureLoopback,
		HTTPClient:       cfg.HTTPClient,
		UserAgent:        cfg.UserAgent,
		Logger:           cfg.Logger,
		MaxRetries:       cfg.MaxRetries,
		MaxRetryWait:     cfg.MaxRetryWait,
		MaxResponseBytes: cfg.MaxResponseBytes,
		Throttled:        throttled,
		RequestIDHeader:  "X-Myobapi-Requestid",
		ReadOnly:         cfg.ReadOnly,
	}
	if cfg.Limiter != nil {
		tc.Limiter = cfg.Limiter
	}
	if cfg.TokenSource != nil {
		tc.Authorizer = transport.Bearer(cfg.TokenSource)
	}
	t, err := transport.New(tc)
	if err != nil {
		return nil, fmt.Errorf("myobae: %w", err)
	}
	base, err := url.Parse(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("myobae: BaseURL: %w", err)
	}
	c := &Client{transport: t, base: base.JoinPath("/")}
	c.Info = &InfoService{c}
	c.Clients = &ClientsService{c}
	c.ExtraFields = &ExtraFieldsService{c}
	c.Operations = &OperationsService{c}
	return c, nil
}

// Effect is what a request does on the gateway; the HTTP verb does not decide.
type Effect int

const (
	// EffectOnce changes something and is sent at most once. It is the zero
	// value, so that a forgotten Effect repeats nothing.
	EffectOnce Effect = iota
	// EffectRead changes nothing and is repeated after failures that pass.
	EffectRead
	// EffectRepeatable changes something and may be sent again.
	EffectRepeatable
)

func (e Effect) transport() transport.Effect {
	switch e {
	case EffectRead:
		return transport.Read
	case EffectRepeatable:
		return transport.Repeatable
	default:
		return transport.Once
	}
}

// Request is a call that has no method of its own.
type Request struct {
	Op     string // names the call in errors and logs
	Effect Effect // a GET needs EffectRead: net/http repeats it by itself
	Method string
	Path   string // relative to the base URL, its elements escaped: "v1/Client/…"
	Query  url.Values
	Body   []byte // JSON; nil sends none
}

// Response is a successful answer, read whole.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte
	RequestID  string
	Attempts   int
}

// Do sends a request that has no method of its own, with the same credentials,
// pacing, retries and errors as the methods.
//
// It is repeated as its Effect allows. The answer is whole, and at most
// Config.MaxResponseBytes long. Any answer but a 2xx is an *Error.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	req := transport.Request{
		Op:     r.Op,
		Effect: r.Effect.transport(),
		Method: r.Method,
		Path:   r.Path,
		Query:  r.Query,
		Header: http.Header{"Accept": {"application/json"}},
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
		req.Body, req.ContentLength = transport.Bytes(r.Body)
	}
	resp, err := c.transport.Do(ctx, req)
	if err != nil {
		return Response{}, fromFailure(r.Op, err)
	}
	defer resp.Body.Close()
	answer := Response{StatusCode: resp.StatusCode, Header: resp.Header, RequestID: resp.RequestID, Attempts: resp.Attempts}
	answer.Body, err = io.ReadAll(resp.Body)
	if err != nil { // it wraps a sentinel already, ErrOutcomeUnknown after a write
		return Response{}, &Error{Op: r.Op, StatusCode: answer.StatusCode, RequestID: answer.RequestID, Attempts: answer.Attempts, Err: err}
	}
	return answer, nil
}
