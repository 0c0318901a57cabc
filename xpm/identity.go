package xpm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/redact"
	"github.com/practicekit/offboarding/internal/transport"
)

// Where Xero asks for consent, and where it gives tokens.
const (
	DefaultLoginURL    = "https://login.xero.com/"
	DefaultIdentityURL = "https://identity.xero.com/"
)

// ErrConsentNeeded: there is no refresh token that Xero takes, and only a person
// can help, by consenting again. It wraps ErrUnauthorized.
var ErrConsentNeeded = fmt.Errorf("%w: consent again", ErrUnauthorized)

// IdentityConfig says as which app a program asks for consent and for tokens.
// ClientID is required; RedirectURL too, for a consent.
type IdentityConfig struct {
	// ClientID and ClientSecret are those of the app, as registered with Xero. An
	// app that cannot keep a secret ("PKCE") has none, and leaves it empty.
	ClientID     string
	ClientSecret string
	// RedirectURL is where Xero sends the browser after consent: one that is
	// registered with the app, letter for letter.
	RedirectURL string
	// Scopes are what is asked for. Nil means DefaultScopes.
	Scopes []string
	// LoginURL and IdentityURL are the addresses of Xero's two servers. Empty means
	// the constants.
	LoginURL    string
	IdentityURL string
	// InsecureLoopback also allows http to a loopback address, for tests.
	InsecureLoopback bool
	// HTTPClient gives its Transport, its Jar, and its Timeout for each attempt if
	// that is less than 15 seconds.
	HTTPClient *http.Client
	UserAgent  string
	// Logger gets metadata of each attempt, and never content. Nil is silent.
	Logger *slog.Logger
}

// Format keeps the secret out of whatever prints the configuration.
func (c IdentityConfig) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "xpm.IdentityConfig(%s)", c.ClientID)
}

// LogValue is what slog records.
func (c IdentityConfig) LogValue() slog.Value {
	return slog.GroupValue(slog.String("clientID", c.ClientID))
}

// DefaultScopes are the read and write access to Practice Manager that Xero's
// documentation of version 3.1 names, and the refresh tokens without which
// access ends after half an hour. An app is granted practicemanager scopes on
// application; one that has the granular ones (practicemanager.client,
// practicemanager.job, practicemanager.staff, practicemanager.time, each with
// .read) names those in IdentityConfig.Scopes.
func DefaultScopes() []string { return []string{"practicemanager", "offline_access"} }

// Identity gets tokens from Xero's identity server, for one app. It is safe for
// concurrent use. Make it with NewIdentity.
type Identity struct {
	transport *transport.Client
	clientID  string
	secret    redact.Secret
	redirect  string
	scopes    []string
	login     url.URL
}

// NewIdentity checks the configuration. It sends nothing.
func NewIdentity(config IdentityConfig) (*Identity, error) {
	if config.ClientID == "" {
		return nil, errors.New("xpm: IdentityConfig.ClientID is required")
	}
	if config.Scopes == nil {
		config.Scopes = DefaultScopes()
	}
	if config.LoginURL == "" {
		config.LoginURL = DefaultLoginURL
	}
	if config.IdentityURL == "" {
		config.IdentityURL = DefaultIdentityURL
	}
	// Nothing is sent there, but it has to be as safe as an address that is used.
	if _, err := transport.New(transport.Config{Service: "xpm: login", BaseURL: config.LoginURL, InsecureLoopback: config.InsecureLoopback}); err != nil {
		return nil, err
	}
	login, err := url.Parse(config.LoginURL)
	if err != nil {
		return nil, errors.New("xpm: IdentityConfig.LoginURL is not a URL")
	}
	// A silent server leaves time for another attempt.
	var h http.Client
	if config.HTTPClient != nil {
		h = *config.HTTPClient
	}
	if h.Timeout <= 0 || h.Timeout > tokenAttempt {
		h.Timeout = tokenAttempt
	}
	t, err := transport.New(transport.Config{
		Service: "xpm", BaseURL: config.IdentityURL, InsecureLoopback: config.InsecureLoopback,
		HTTPClient: &h, UserAgent: config.UserAgent, Logger: config.Logger,
		MaxRetries: tokenRetries, MaxRetryWait: maxTokenWait, MaxResponseBytes: maxTokenBytes,
		RequestIDHeader: "Xero-Correlation-Id",
	})
	if err != nil {
		return nil, err
	}
	return &Identity{
		transport: t, clientID: config.ClientID, secret: redact.Secret(config.ClientSecret),
		redirect: config.RedirectURL, scopes: config.Scopes, login: *login.JoinPath("identity/connect/authorize"),
	}, nil
}

// Format keeps the secret out of whatever prints the identity.
func (i *Identity) Format(f fmt.State, _ rune) { io.WriteString(f, "xpm.Identity([redacted])") }

const (
	tokenRetries  = 2
	tokenAttempt  = 15 * time.Second
	maxTokenWait  = 5 * time.Second
	maxTokenBytes = 1 << 20

	// unsaidLifetime is taken for an answer without expires_in: the shortest that
	// Xero ever documented.
	unsaidLifetime = 12 * time.Minute
)

// post asks the token endpoint for a grant, and reads the token. A confidential
// app names itself in the header, and only there: trying both ways would post
// the grant twice.
func (i *Identity) post(ctx context.Context, op string, effect transport.Effect, form url.Values) (Token, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	if i.secret == "" {
		form.Set("client_id", i.clientID)
	} else {
		r := http.Request{Header: header}
		r.SetBasicAuth(url.QueryEscape(i.clientID), url.QueryEscape(i.secret.Reveal()))
	}
	r := transport.Request{Op: op, Effect: effect, Method: http.MethodPost, Path: "connect/token", Header: header, Anonymous: true}
	r.Body, r.ContentLength = transport.Bytes([]byte(form.Encode()))
	asked := time.Now()
	resp, err := i.transport.Do(ctx, r)
	if err != nil {
		return Token{}, notGranted(op, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Token{}, unread(r, resp, err)
	}
	token, err := readToken(body, asked)
	return token, unread(r, resp, err)
}

// readToken reads the token endpoint's answer to what was asked at that time.
func readToken(body []byte, asked time.Time) (Token, error) {
	var a struct {
		AccessToken  string  `json:"access_token"`
		RefreshToken string  `json:"refresh_token"`
		TokenType    string  `json:"token_type"`
		Scope        string  `json:"scope"`
		ExpiresIn    float64 `json:"expires_in"`
	}
	switch err := json.Unmarshal(body, &a); {
	case err != nil:
		return Token{}, malformed("no token") // the decoder's error quotes it
	case a.AccessToken == "":
		return Token{}, malformed("without an access token")
	case a.TokenType != "" && !strings.EqualFold(a.TokenType, "Bearer"):
		return Token{}, malformed("a token of another type than Bearer")
	}
	lifetime := unsaidLifetime
	if a.ExpiresIn > 0 {
		lifetime = time.Duration(min(a.ExpiresIn, 24*60*60) * float64(time.Second))
	}
	// The wall clock, not the monotonic one: that stands still while a machine
	// sleeps, and the token does not.
	asked = asked.UTC().Round(0)
	return Token{
		AccessToken: a.AccessToken, TokenType: "Bearer", RefreshToken: a.RefreshToken, Scope: a.Scope,
		Obtained: asked, Expiry: asked.Add(lifetime),
	}, nil
}

// notGranted makes an Error of a refusal of the token endpoint. Its code is all
// that is said of the answer.
func notGranted(op string, err error) error {
	f, ok := errors.AsType[*transport.Failure](err)
	if !ok {
		return &Error{Op: op, Err: err}
	}
	e := &Error{Op: op, StatusCode: f.StatusCode, RequestID: f.RequestID, Limit: f.Limit, RetryAfter: f.RetryAfter, Attempts: f.Attempts, Err: f.Err}
	var said struct {
		Error string `json:"error"`
	}
	if f.StatusCode < 400 || f.StatusCode > 499 || json.Unmarshal(f.Body, &said) != nil || !isCode(said.Error) {
		return e
	}
	e.Description = said.Error
	switch said.Error {
	case "invalid_grant":
		e.Err = ErrConsentNeeded
	case "invalid_client", "unauthorized_client":
		e.Err = fmt.Errorf("%w: the app's id or secret", ErrUnauthorized)
	}
	return e
}

// isCode tells whether s is an error code, and so fit for an error text.
func isCode(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == ""
}
