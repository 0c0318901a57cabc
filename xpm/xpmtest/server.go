package xpmtest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// What a Server takes when its Config does not say otherwise.
const (
	Tenant  = "00000000-0000-4000-8000-00000000a001"
	Token   = "xpmtest-access-token"
	BaseURL = "https://api.xero.com/practicemanager/3.1/"
)

const prefix = "/practicemanager/3.1/"

// Quota is what a tenant may use. Zero means XPM's own: 5 calls at once, 60 in
// any minute, 5,000 in any 24 hours. A negative number is no limit.
type Quota struct{ Concurrent, Minute, Day int }

// Config configures a Server. Its zero value works.
type Config struct {
	Tenant string // the only tenant that is connected; empty means the constant
	Token  string // the only access token that is good; empty means the constant
	Quota  Quota

	// Fail is asked first at each request. What it returns answers in place of the
	// server; nil lets the request through. It runs within the count of concurrent
	// calls, so one that waits is a slow server.
	Fail func(*http.Request) http.HandlerFunc

	// OnEffect is told of every call that was meant to change something, under no
	// lock: the operation ("archive-client"), the client's code, the target's
	// UUID, whether it destroys, and whether anything changed.
	OnEffect func(operation, client, target string, destructive, changed bool)
}

// Server is an in-memory XPM. Make it with New; it is safe for concurrent use.
type Server struct {
	config Config

	mu       sync.Mutex
	clients  map[string]Client // by UUID
	jobs     map[string]Job    // by number
	made     int               // ids that were made up
	requests int
	inFlight int
	calls    []time.Time // that used the quota, in the last 24 hours
}

// New returns a server without clients.
func New(config Config) *Server {
	if config.Tenant == "" {
		config.Tenant = Tenant
	}
	if config.Token == "" {
		config.Token = Token
	}
	for _, q := range []struct {
		have  *int
		usual int
	}{{&config.Quota.Concurrent, 5}, {&config.Quota.Minute, 60}, {&config.Quota.Day, 5000}} {
		if *q.have == 0 {
			*q.have = q.usual
		}
	}
	return &Server{config: config, clients: map[string]Client{}, jobs: map[string]Job{}}
}

// SetToken makes another access token the only good one.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.Token = token
}

// ServeHTTP answers one call of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.inFlight++
	s.requests++
	a := &answering{w: w, r: r, id: fmt.Sprintf("00000000-0000-4000-9000-%012d", s.requests), inFlight: s.inFlight, token: s.config.Token}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.inFlight--
		s.mu.Unlock()
	}()
	if s.config.Fail != nil {
		if fail := s.config.Fail(r); fail != nil {
			fail(w, r)
			return
		}
	}
	w.Header().Set("Xero-Correlation-Id", a.id)
	w.Header().Set("Cache-Control", "max-age=0, no-cache, no-store")
	if a.admitted(s) {
		s.route(a)
	}
}

// answering is one request and its answer.
type answering struct {
	w        http.ResponseWriter
	r        *http.Request
	id       string // the correlation id
	inFlight int
	token    string
}

// admitted checks the token, the tenant and the quota, in this order, and
// answers itself where one of them refuses.
func (a *answering) admitted(s *Server) bool {
	if a.r.Header.Get("Authorization") != "Bearer "+a.token {
		a.w.Header().Set("WWW-Authenticate", "Bearer error=invalid_token")
		a.problem(http.StatusUnauthorized, "Unauthorized", "AuthenticationUnsuccessful")
		return false
	}
	if !strings.EqualFold(a.r.Header.Get("Xero-Tenant-Id"), s.config.Tenant) {
		a.w.Header().Set("X-AppMinLimit-Remaining", "9999")
		a.problem(http.StatusForbidden, "Forbidden", "AuthenticationUnsuccessful")
		return false
	}
	return s.spend(a)
}

// problem answers as Xero's gateway does.
func (a *answering) problem(status int, title, detail string) {
	a.w.Header().Set("Content-Type", "application/json")
	a.w.WriteHeader(status)
	fmt.Fprintf(a.w, `{"Type":null,"Title":%q,"Status":%d,"Detail":%q,"Instance":%q,"Extensions":{}}`, title, status, detail, a.id)
}

// plain answers with a text.
func (a *answering) plain(status int, text string) {
	a.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	a.w.WriteHeader(status)
	fmt.Fprint(a.w, text)
}

func (s *Server) route(a *answering) {
	path, ok := strings.CutPrefix(a.r.URL.Path, prefix)
	if !ok {
		a.plain(http.StatusNotFound, "The resource you're looking for cannot be found")
		return
	}
	uuid, isGet := strings.CutPrefix(path, "client.api/get/")
	switch call := a.r.Method + " " + path; {
	case call == "GET client.api/list":
		s.list(a)
	case call == "GET client.api/paged-list":
		s.pagedList(a)
	case call == "GET client.api/search":
		s.search(a)
	case a.r.Method == http.MethodGet && isGet && !strings.Contains(uuid, "/"):
		s.get(a, uuid)
	case call == "PUT client.api/archive":
		s.archive(a)
	case call == "GET job.api/current":
		s.current(a)
	default:
		a.plain(http.StatusNotFound, "The resource you're looking for cannot be found")
	}
}

// newUUID makes up an id; s.mu is held.
func (s *Server) newUUID() string {
	s.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.made)
}

// newJobNumber makes up a job number; s.mu is held.
func (s *Server) newJobNumber() string {
	s.made++
	return fmt.Sprintf("J%06d", s.made)
}
