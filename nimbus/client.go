package nimbus

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/practicekit/offboarding/internal/transport"
)

// Limiter paces the client. It covers one attempt from its start to the close
// of its answer's body.
type Limiter interface {
	// Acquire waits until an attempt may start. The release that it returns is
	// called once, with the header of the answer or nil.
	Acquire(ctx context.Context) (release func(http.Header), err error)
}

// Config configures a Client. BaseURL and Login are required; the zero value of
// every other field is a sensible default.
type Config struct {
	// BaseURL is the absolute https address under which the contract is served.
	// There is no default: Nimbus publishes no address.
	BaseURL string
	// InsecureLoopback also allows http to a loopback address, for tests.
	InsecureLoopback bool
	// Login obtains the session, as Password does.
	Login Authenticator
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
	// MaxResponseBytes caps an answer after decompression. Zero means 64 MiB, and
	// 4 GiB for what is streamed: the history and the content of documents.
	MaxResponseBytes int64
	// Limiter paces the client. No quota of Nimbus is known, so nil paces nothing.
	Limiter Limiter
	// ReadOnly refuses everything that changes something with ErrReadOnly,
	// before a byte leaves.
	ReadOnly bool
}

const defaultStreamLimit = 4 << 30

// Client speaks the contract. It is safe for concurrent use. Make it with
// NewClient.
type Client struct {
	Account   *AccountService
	Clients   *ClientService
	History   *HistoryService
	Contacts  *ContactService
	EmailJobs *EmailJobService
	Folders   *FolderService
	Documents *DocumentService
	Syncs     *SyncService

	transport   *transport.Client
	logins      *transport.Client // without a session, and without repeats
	streamLimit int64
}

// NewClient checks the configuration and returns a client. It sends nothing: the
// session starts with the first call.
func NewClient(config Config) (*Client, error) {
	if config.Login == nil {
		return nil, errors.New("nimbus: Config.Login is required")
	}
	c := &Client{streamLimit: config.MaxResponseBytes}
	if c.streamLimit == 0 {
		c.streamLimit = defaultStreamLimit
	}
	sessions := newSessions(config.Login, LoginServer{BaseURL: config.BaseURL, Send: c.login})
	tc := transport.Config{
		Service: "nimbus", BaseURL: config.BaseURL, InsecureLoopback: config.InsecureLoopback,
		HTTPClient: config.HTTPClient, UserAgent: config.UserAgent, Logger: config.Logger,
		MaxRetries: config.MaxRetries, MaxRetryWait: config.MaxRetryWait, MaxResponseBytes: config.MaxResponseBytes,
		Limiter: limiter(config.Limiter), Authorizer: sessions, RequestIDHeader: "X-Request-Id", ReadOnly: config.ReadOnly,
	}
	var err error
	if c.transport, err = transport.New(tc); err != nil {
		return nil, err
	}
	tc.Authorizer, tc.MaxRetries = nil, -1
	if c.logins, err = transport.New(tc); err != nil {
		return nil, err
	}
	c.Account = &AccountService{c}
	c.Clients = &ClientService{c}
	c.History = &HistoryService{c}
	c.Contacts = &ContactService{c}
	c.EmailJobs = &EmailJobService{c}
	c.Folders = &FolderService{c}
	c.Documents = &DocumentService{c}
	c.Syncs = &SyncService{c}
	return c, nil
}

// limiter keeps a nil Limiter nil when the interface changes.
func limiter(l Limiter) transport.Limiter {
	if l == nil {
		return nil
	}
	return l
}

// Effect says what an operation does on the server, which decides whether it
// may be sent again.
type Effect int

// The effects. The zero value is the careful one.
const (
	EffectOnce       Effect = iota // At most once; a lost answer is ErrOutcomeUnknown.
	EffectRead                     // Changes nothing; retried.
	EffectRepeatable               // Changes something, may be sent again; retried.
)

// Request is a call of Client.Do.
type Request struct {
	// Op names the operation in errors and logs.
	Op     string
	Effect Effect
	Method string
	// Path holds the elements of the path below BaseURL; each is escaped.
	Path   []string
	Query  url.Values
	Header http.Header
	// Body opens the content, once for every attempt. ContentLength is its size,
	// or -1 when it is not known.
	Body          func() (io.ReadCloser, error)
	ContentLength int64
}

// Response is the answer to Client.Do. The caller closes the Body.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       io.ReadCloser
	RequestID  string
}

// Do sends a request that the typed methods do not cover, with the same session,
// pacing, retries and errors. A status that is not 2xx is an *Error.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	effect := transport.Once
	switch r.Effect {
	case EffectRead:
		effect = transport.Read
	case EffectRepeatable:
		effect = transport.Repeatable
	}
	return raw(ctx, c.transport, r, effect)
}

// login sends a request that has to do with the session. For the account it
// changes nothing, so read-only mode lets it through.
func (c *Client) login(ctx context.Context, r Request) (*Response, error) {
	return raw(ctx, c.logins, r, transport.Read)
}

func raw(ctx context.Context, t *transport.Client, r Request, effect transport.Effect) (*Response, error) {
	if r.Method == "" || r.Op == "" {
		return nil, invalid(r.Op, "a request needs an Op and a Method")
	}
	for _, elem := range r.Path {
		if err := checkID(r.Op, elem); err != nil {
			return nil, err
		}
	}
	res, err := t.Do(ctx, transport.Request{
		Op: r.Op, Effect: effect, Method: r.Method, Path: transport.Path(r.Path...), Query: r.Query, Header: r.Header,
		Body: r.Body, ContentLength: r.ContentLength,
	})
	if err != nil {
		return nil, fromTransport(err)
	}
	return &Response{StatusCode: res.StatusCode, Header: res.Header, Body: &stream{op: r.Op, res: res}, RequestID: res.RequestID}, nil
}

func (c *Client) do(ctx context.Context, r transport.Request) (*transport.Response, error) {
	res, err := c.transport.Do(ctx, r)
	if err != nil {
		return nil, fromTransport(err)
	}
	return res, nil
}
