package xpmtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/practicekit/offboarding/internal/inmemory"
)

// What an Identity takes when its IdentityConfig does not say otherwise.
const ClientID = "xpmtest-client-id"

// IdentityConfig configures an Identity. Its zero value works.
type IdentityConfig struct {
	ClientID     string        // of the only app; empty means the constant
	ClientSecret string        // empty: the app has none, and must use PKCE
	Lifetime     time.Duration // of an access token, in whole seconds; 0 means 30 minutes
	Grace        time.Duration // how long a used refresh token is taken; 0 means 30 minutes, negative not at all
	Decline      bool          // the person declines each consent
	Connections  []Connection  // nil: one, to the Practice Manager of Tenant

	// Fail is asked first at each request. What it returns answers in place of the
	// server; nil lets the request through.
	Fail func(*http.Request) http.HandlerFunc
}

// Connection is a tenant that a person has connected the app to.
type Connection struct {
	ID, TenantID, TenantType string
	TenantName               string // empty: null on the wire
	Created                  time.Time
}

// Identity is an in-memory identity server of Xero: the consent page, the token
// endpoint with refresh tokens that rotate, and the connections. With it as its
// Config.Identity, a Server takes the access tokens that this gave out.
//
// The consent page asks nobody: it redirects at once.
//
// It is safe for concurrent use, and works in virtual time as a Server does.
type Identity struct {
	config IdentityConfig

	mu                    sync.Mutex
	codes                 map[string]consentCode
	access                map[string]time.Time // when each ends
	refresh               map[string]*grant
	made, posted, reposts int
	newest                [2]string
}

// consentCode is what a consent gave.
type consentCode struct {
	redirect, challenge string
	ends                time.Time
}

// grant is a refresh token.
type grant struct{ given, used time.Time }

// How long a code and an unused refresh token live.
const (
	codeLife    = 5 * time.Minute
	refreshLife = 60 * 24 * time.Hour
)

// NewIdentity returns an identity server to which nobody has consented yet.
func NewIdentity(config IdentityConfig) *Identity {
	if config.ClientID == "" {
		config.ClientID = ClientID
	}
	if config.Lifetime == 0 {
		config.Lifetime = 30 * time.Minute
	}
	if config.Grace == 0 {
		config.Grace = 30 * time.Minute
	}
	if config.Connections == nil {
		config.Connections = []Connection{{
			ID: "00000000-0000-4000-8000-00000000c001", TenantID: Tenant, TenantType: "PRACTICEMANAGER",
			Created: time.Date(2026, 1, 30, 1, 33, 36, 271738000, time.UTC),
		}}
	}
	config.Connections = slices.Clone(config.Connections)
	return &Identity{config: config, codes: map[string]consentCode{}, access: map[string]time.Time{}, refresh: map[string]*grant{}}
}

// HTTPClient returns a client that hands each request straight to the server,
// whatever host it names, as Server.HTTPClient does.
func (i *Identity) HTTPClient() *http.Client {
	return &http.Client{Transport: inmemory.RoundTripper(i)}
}

// Grant consents without a browser, and returns the tokens.
func (i *Identity) Grant() (accessToken, refreshToken string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.give(time.Now())
}

// Revoke ends every consent: no token that was given out is good any more.
func (i *Identity) Revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.codes)
	clear(i.access)
	clear(i.refresh)
}

// Newest returns the tokens that were given out last.
func (i *Identity) Newest() (accessToken, refreshToken string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.newest[0], i.newest[1]
}

// Refreshes tells how often a good refresh token was posted, and how often of
// these it was one that had been used before.
func (i *Identity) Refreshes() (posted, again int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.posted, i.reposts
}

// refusal is what is wrong with the access token of a request, in the words of
// Xero's gateway; "" if nothing is.
func (i *Identity) refusal(r *http.Request) string {
	token, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	i.mu.Lock()
	defer i.mu.Unlock()
	ends, given := i.access[token]
	switch {
	case !isBearer || !given:
		return "AuthenticationUnsuccessful"
	case !time.Now().Before(ends):
		return "TokenExpired: token expired at " + ends.UTC().Format("01/02/2006 15:04:05")
	}
	return ""
}

// ServeHTTP answers as login.xero.com, identity.xero.com or, for connections,
// api.xero.com.
func (i *Identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.config.Fail != nil {
		if fail := i.config.Fail(r); fail != nil {
			fail(w, r)
			return
		}
	}
	id, one := strings.CutPrefix(r.URL.Path, "/connections/")
	switch {
	case r.Method == http.MethodGet && r.URL.Path == "/identity/connect/authorize":
		i.authorize(w, r)
	case r.Method == http.MethodPost && r.URL.Path == "/connect/token":
		i.token(w, r)
	case r.Method == http.MethodGet && r.URL.Path == "/connections":
		i.authorized(w, r, i.list)
	case r.Method == http.MethodDelete && one:
		i.authorized(w, r, func(w http.ResponseWriter) { i.disconnect(w, id) })
	default:
		http.NotFound(w, r)
	}
}

// authorize is the consent page.
func (i *Identity) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	redirect, err := url.Parse(q.Get("redirect_uri"))
	if err != nil || redirect.Host == "" || q.Get("client_id") != i.config.ClientID || q.Get("response_type") != "code" {
		http.Error(w, "Sorry, something went wrong", http.StatusBadRequest)
		return
	}
	answer := redirect.Query()
	answer.Set("state", q.Get("state"))
	switch challenge, method := q.Get("code_challenge"), q.Get("code_challenge_method"); {
	case challenge == "" && i.config.ClientSecret == "", challenge != "" && method != "S256":
		answer.Set("error", "invalid_request")
	case i.config.Decline:
		answer.Set("error", "access_denied")
	default:
		i.mu.Lock()
		i.made++
		name := fmt.Sprintf("xpmtest-code-%d", i.made)
		i.codes[name] = consentCode{q.Get("redirect_uri"), challenge, time.Now().Add(codeLife)}
		i.mu.Unlock()
		answer.Set("code", name)
	}
	redirect.RawQuery = answer.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// token is the token endpoint.
func (i *Identity) token(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if r.ParseForm() != nil || !i.isApp(r) {
		replyJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_client"})
		return
	}
	now := time.Now()
	i.mu.Lock()
	var good bool
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		good = i.redeem(r.PostForm, now)
	case "refresh_token":
		good = i.rotate(r.PostForm.Get("refresh_token"), now)
	default:
		i.mu.Unlock()
		replyJSON(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	var accessToken, refreshToken string
	if good {
		accessToken, refreshToken = i.give(now)
	}
	i.mu.Unlock()
	if !good {
		replyJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	replyJSON(w, http.StatusOK, map[string]any{
		"access_token": accessToken, "refresh_token": refreshToken, "token_type": "Bearer",
		"expires_in": int(i.config.Lifetime / time.Second), "scope": "practicemanager offline_access",
	})
}

// isApp checks the app's id and secret: in the header if it has a secret, in the
// body otherwise.
func (i *Identity) isApp(r *http.Request) bool {
	if i.config.ClientSecret == "" {
		return r.PostForm.Get("client_id") == i.config.ClientID
	}
	id, secret, ok := r.BasicAuth()
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return ok && errID == nil && errSecret == nil && id == i.config.ClientID && secret == i.config.ClientSecret
}

// redeem uses up a code; i.mu is held.
func (i *Identity) redeem(form url.Values, now time.Time) bool {
	c, ok := i.codes[form.Get("code")]
	delete(i.codes, form.Get("code"))
	if !ok || now.After(c.ends) || c.redirect != form.Get("redirect_uri") {
		return false
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return c.challenge == "" || c.challenge == base64.RawURLEncoding.EncodeToString(sum[:])
}

// rotate uses a refresh token; i.mu is held.
func (i *Identity) rotate(token string, now time.Time) bool {
	t := i.refresh[token]
	switch {
	case t == nil:
		return false
	case t.used.IsZero():
		if !now.Before(t.given.Add(refreshLife)) {
			return false
		}
		t.used = now
	case now.Before(t.used.Add(i.config.Grace)):
		i.reposts++
	default:
		return false
	}
	i.posted++
	return true
}

// give makes up a pair of tokens; i.mu is held.
func (i *Identity) give(now time.Time) (accessToken, refreshToken string) {
	i.made++
	i.newest = [2]string{fmt.Sprintf("xpmtest-access-%d", i.made), fmt.Sprintf("xpmtest-refresh-%d", i.made)}
	i.access[i.newest[0]] = now.Add(i.config.Lifetime)
	i.refresh[i.newest[1]] = &grant{given: now}
	return i.newest[0], i.newest[1]
}

// authorized lets a request with a good access token through.
func (i *Identity) authorized(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter)) {
	if detail := i.refusal(r); detail != "" {
		w.Header().Set("WWW-Authenticate", "Bearer error=invalid_token")
		replyJSON(w, http.StatusUnauthorized, map[string]any{"Type": nil, "Title": "Unauthorized", "Status": 401, "Detail": detail})
		return
	}
	serve(w)
}

func (i *Identity) list(w http.ResponseWriter) {
	i.mu.Lock()
	list := []map[string]any{}
	for _, c := range i.config.Connections {
		var name any
		if c.TenantName != "" {
			name = c.TenantName
		}
		date := c.Created.UTC().Format("2006-01-02T15:04:05.0000000")
		list = append(list, map[string]any{
			"id": c.ID, "authEventId": "00000000-0000-4000-8000-00000000e001", "tenantId": c.TenantID, "tenantType": c.TenantType,
			"tenantName": name, "createdDateUtc": date, "updatedDateUtc": date,
		})
	}
	i.mu.Unlock()
	replyJSON(w, http.StatusOK, list)
}

func (i *Identity) disconnect(w http.ResponseWriter, id string) {
	i.mu.Lock()
	n := len(i.config.Connections)
	i.config.Connections = slices.DeleteFunc(i.config.Connections, func(c Connection) bool { return strings.EqualFold(c.ID, id) })
	gone := len(i.config.Connections) < n
	i.mu.Unlock()
	if !gone {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// replyJSON answers with JSON.
func replyJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader went away
}
