package xpm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/practicekit/offboarding/internal/apierr"
	"github.com/practicekit/offboarding/internal/transport"
)

// DefaultBaseURL is where Xero serves version 3.1 of the API.
const DefaultBaseURL = "https://api.xero.com/practicemanager/3.1/"

// Config configures a Client. TenantID and TokenSource are required; the zero
// value of every other field is a sensible default.
type Config struct {
	// TenantID is the id of the connected practice: a connection whose type is
	// PRACTICEMANAGER.
	TenantID string
	// TokenSource gives the access token for each attempt. One that also has a
	// method Invalidate(accessToken string) is told when a token was refused.
	TokenSource oauth2.TokenSource
	// BaseURL is the absolute https address of the API. Empty means DefaultBaseURL.
	BaseURL string
	// InsecureLoopback also allows http to a loopback address, for tests.
	InsecureLoopback bool
	// HTTPClient gives its Transport, its Timeout (for each attempt) and its Jar.
	HTTPClient *http.Client
	// UserAgent is put before the SDK's own.
	UserAgent string
	// Logger gets metadata of each attempt, and never content. Nil is silent.
	Logger *slog.Logger
	// MaxRetries is how often what may be repeated is repeated. Zero means 3, a
	// negative number none.
	MaxRetries int
	// MaxRetryWait is the longest wait between attempts. A longer one that the
	// server asks for is returned as an error. Zero means 30 seconds.
	MaxRetryWait time.Duration
	// MaxResponseBytes caps an answer after decompression. Of Clients.List,
	// Clients.Search and Jobs.Current, which are streamed, it caps each element;
	// the list as a whole may have 1 GiB. Zero means 64 MiB.
	MaxResponseBytes int64
	// Limiter paces the client. Nil means one of its own, for XPM's quotas; clients
	// of one tenant share what NewLimiter returns.
	Limiter Limiter
	// ReadOnly refuses everything that changes something with ErrReadOnly,
	// before a byte leaves.
	ReadOnly bool
}

const (
	defaultMaxBytes = 64 << 20
	maxListBytes    = 1 << 30
)

// Client speaks to the Practice Manager of one tenant. It is safe for concurrent
// use. Make it with NewClient.
type Client struct {
	Clients       *ClientService
	Contacts      *ContactService
	Documents     *DocumentService
	Relationships *RelationshipService
	Jobs          *JobService
	Groups        *GroupService
	Staff         *StaffService
	Tasks         *TaskService
	CustomFields  *CustomFieldService
	Categories    *CategoryService
	Templates     *TemplateService
	JobStates     *JobStateService
	Times         *TimeService
	Costs         *CostService
	Invoices      *InvoiceService
	Quotes        *QuoteService

	transport *transport.Client
	limiter   Limiter
	lexers    sync.Pool // of *lexer
	tenant    string
	maxBytes  int64
}

// NewClient checks the configuration and returns a client. It sends nothing.
func NewClient(config Config) (*Client, error) {
	tenant := strings.TrimSpace(config.TenantID)
	switch {
	case tenant == "":
		return nil, errors.New("xpm: Config.TenantID is required")
	case config.TokenSource == nil:
		return nil, errors.New("xpm: Config.TokenSource is required")
	case config.Limiter == nil:
		config.Limiter = NewLimiter()
	}
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	t, err := transport.New(transport.Config{
		Service: "xpm", BaseURL: config.BaseURL, InsecureLoopback: config.InsecureLoopback,
		HTTPClient: config.HTTPClient, UserAgent: config.UserAgent, Logger: config.Logger,
		MaxRetries: config.MaxRetries, MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes,
		Limiter: config.Limiter, Authorizer: transport.Bearer(config.TokenSource),
		RequestIDHeader: "Xero-Correlation-Id", ReadOnly: config.ReadOnly,
	})
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, limiter: config.Limiter, tenant: tenant, maxBytes: config.MaxResponseBytes}
	if c.maxBytes == 0 {
		c.maxBytes = defaultMaxBytes
	}
	c.Clients = &ClientService{c}
	c.Contacts = &ContactService{c}
	c.Documents = &DocumentService{c}
	c.Relationships = &RelationshipService{c}
	c.Jobs = &JobService{c}
	c.Groups = &GroupService{c}
	c.Staff = &StaffService{c}
	c.Tasks = &TaskService{c}
	c.CustomFields = &CustomFieldService{c}
	c.Categories = &CategoryService{c}
	c.Templates = &TemplateService{c}
	c.JobStates = &JobStateService{c}
	c.Times = &TimeService{c}
	c.Costs = &CostService{c}
	c.Invoices = &InvoiceService{c}
	c.Quotes = &QuoteService{c}
	return c, nil
}

// get is a request that only reads.
func get(op, path string, query url.Values) transport.Request {
	return transport.Request{Op: op, Effect: transport.Read, Method: http.MethodGet, Path: path, Query: query}
}

// send sends r as this tenant. The caller closes the answer's body.
func (c *Client) send(ctx context.Context, r transport.Request) (*transport.Response, error) {
	h := r.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Set("Xero-Tenant-Id", c.tenant)
	if h.Get("Accept") == "" {
		h.Set("Accept", "application/xml, text/xml")
	}
	r.Header = h
	resp, err := c.transport.Do(ctx, r)
	if err != nil {
		return nil, failed(r.Op, err)
	}
	return resp, nil
}

// call sends r and reads what is wanted of its answer, as it arrives. Parts may
// have been handed out when it fails; errStop from one of them is no failure.
func (c *Client) call(ctx context.Context, r transport.Request, want envelope) error {
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err = checkContentType(resp.Header); err == nil {
		want.lexers = &c.lexers
		err = readEnvelope(resp.Body, want)
	}
	return unread(r, resp, err)
}

// unread makes an Error of what was wrong with an answer that promised success.
// For a change that must not be repeated, only XPM's own refusal is certain.
func unread(r transport.Request, resp *transport.Response, err error) error {
	if err == nil || errors.Is(err, errStop) {
		return nil
	}
	e := &Error{Op: r.Op, StatusCode: resp.StatusCode, RequestID: resp.RequestID, Attempts: resp.Attempts, Err: err}
	if no, ok := errors.AsType[*refusal](err); ok {
		e.Description = apierr.Clean(no.description)
		return e
	}
	if r.Effect == transport.Once && !errors.Is(err, ErrOutcomeUnknown) {
		e.Err = fmt.Errorf("%w: %v", ErrOutcomeUnknown, err) // of one kind: of the cause only the words
	}
	return e
}
