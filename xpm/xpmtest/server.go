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

	// Identity, if set, gives out the access tokens that are good, and Token is not.
	Identity *Identity

	// Fail is asked first at each request. What it returns answers in place of the
	// server; nil lets the request through. It runs within the count of concurrent
	// calls, so one that waits is a slow server.
	Fail func(*http.Request) http.HandlerFunc

	// OnEffect is told of every call that was meant to change something, under no
	// lock: the operation ("archive-client"), the client's code, the target's UUID
	// (of a document, which has none, the client's and the file's name), whether it
	// destroys, and whether anything changed.
	OnEffect func(operation, client, target string, destructive, changed bool)
}

// Server is an in-memory XPM. Make it with New; it is safe for concurrent use.
type Server struct {
	config Config

	mu        sync.Mutex
	clients   map[string]Client     // by UUID
	gone      map[string]Contact    // deleted contacts, by UUID
	filed     map[string][]Document // documents by client
	jobs      map[string]Job        // by number
	templated map[string][]Ref      // kinds of task by template
	made      int                   // ids that were made up
	practice  practice

	times    map[string]TimeEntry // by UUID
	costs    []Cost
	invoices []Invoice
	quotes   []Quote

	routes   []route
	orders   []*order // of faults
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
	s := &Server{config: config, clients: map[string]Client{}, jobs: map[string]Job{}}
	s.routes = s.allRoutes()
	return s
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
	a := &answering{w: w, r: r, trace: fmt.Sprintf("00000000-0000-4000-9000-%012d", s.requests), inFlight: s.inFlight, token: s.config.Token}
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
	w.Header().Set("Xero-Correlation-Id", a.trace)
	w.Header().Set("Cache-Control", "max-age=0, no-cache, no-store")
	call := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.w, a.r = w, r; a.admitted(s) {
			s.serve(a)
		}
	})
	if fault := s.ordered(r); fault != nil {
		fault(w, r, call)
	} else {
		call(w, r)
	}
}

// answering is one request and its answer.
type answering struct {
	w        http.ResponseWriter
	r        *http.Request
	trace    string // the correlation id
	inFlight int
	token    string
	values   map[string]string // what the path has in the places of its route
}

// admitted checks the token, the tenant and the quota, in this order, and
// answers itself where one of them refuses.
func (a *answering) admitted(s *Server) bool {
	if detail := a.refusal(s); detail != "" {
		a.w.Header().Set("WWW-Authenticate", "Bearer error=invalid_token")
		a.problem(http.StatusUnauthorized, "Unauthorized", detail)
		return false
	}
	if !strings.EqualFold(a.r.Header.Get("Xero-Tenant-Id"), s.config.Tenant) {
		a.w.Header().Set("X-AppMinLimit-Remaining", "9999")
		a.problem(http.StatusForbidden, "Forbidden", "AuthenticationUnsuccessful")
		return false
	}
	return s.spend(a)
}

// refusal is what is wrong with the access token; "" if nothing is.
func (a *answering) refusal(s *Server) string {
	switch {
	case s.config.Identity != nil:
		return s.config.Identity.refusal(a.r)
	case a.r.Header.Get("Authorization") != "Bearer "+a.token:
		return "AuthenticationUnsuccessful"
	}
	return ""
}

// problem answers as Xero's gateway does.
func (a *answering) problem(status int, title, detail string) {
	a.w.Header().Set("Content-Type", "application/json")
	a.w.WriteHeader(status)
	fmt.Fprintf(a.w, `{"Type":null,"Title":%q,"Status":%d,"Detail":%q,"Instance":%q,"Extensions":{}}`, title, status, detail, a.trace)
}

// plain answers with a text.
func (a *answering) plain(status int, text string) {
	a.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	a.w.WriteHeader(status)
	fmt.Fprint(a.w, text)
}

// newUUID makes up an id; s.mu is held.
func (s *Server) newUUID() string {
	s.made++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.made)
}

// newJobNumber makes up a job number; s.mu is held.
func (s *Server) newJobNumber() string {
	return s.newNumber("J", func(n string) bool { _, taken := s.jobs[n]; return taken })
}

// newNumber makes up a number such as J000001 that is not taken; s.mu is held.
func (s *Server) newNumber(letter string, taken func(string) bool) string {
	for {
		s.made++
		if n := fmt.Sprintf("%s%06d", letter, s.made); !taken(n) {
			return n
		}
	}
}
