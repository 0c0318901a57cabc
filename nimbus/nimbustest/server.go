package nimbustest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/practicekit/offboarding/internal/inmemory"
	"github.com/practicekit/offboarding/nimbus"
)

// Config configures a Server. Its zero value is an account with CDM that offers
// everything and lets any login in.
type Config struct {
	// Edition is what the account has; EditionUnknown means EditionCDM. It is
	// told only with CapabilityAccountEdition.
	Edition nimbus.Edition
	// Capabilities is what the server offers; nil means everything.
	Capabilities []nimbus.Capability
	// LoginCode and Password are the credentials; both empty let any login in.
	LoginCode, Password string
	// RefuseLogin, when set, is the answer to correct credentials, such as
	// nimbus.LoginSecondFactor.
	RefuseLogin nimbus.LoginReason
	// SessionLife is how long a session lasts. Zero means an hour.
	SessionLife time.Duration
	// PageSize cuts lists for which the caller asks no size. Zero means 100.
	PageSize int
	// MandatoryDocumentFields are the custom fields without which an upload is
	// refused.
	MandatoryDocumentFields []string
	// SyncTakes is how long a full sync runs.
	SyncTakes time.Duration
	// RegularEvery is the time between regular syncs. Zero means none.
	RegularEvery time.Duration
	// OnSync is called when a sync's time has come, at the next request, with
	// "full", "manual" or "regular". It may call any method of the Server. An
	// error makes the sync fail with its text as the message.
	OnSync func(kind string) error
	// OnEffect is called for every call that was meant to change something, also
	// when it changed nothing. It may call any method of the Server.
	OnEffect func(operation, client, target string, destructive, changed bool)
}

// Server is a Nimbus in memory. It is safe for concurrent use. Make it with New.
type Server struct {
	config Config
	mux    *http.ServeMux

	mu sync.Mutex
	state
}

// New returns a Server without clients.
func New(config Config) *Server {
	if config.SessionLife == 0 {
		config.SessionLife = time.Hour
	}
	if config.PageSize <= 0 {
		config.PageSize = 100
	}
	s := &Server{config: config, mux: http.NewServeMux()}
	s.edition = config.Edition
	if s.edition == nimbus.EditionUnknown {
		s.edition = nimbus.EditionCDM
	}
	s.tokens, s.counts = map[string]time.Time{}, map[string]int{}
	s.lastRegular = time.Now()
	for _, r := range routes() {
		s.mux.HandleFunc(r.pattern, func(w http.ResponseWriter, req *http.Request) { s.serve(w, req, r) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		noSuchPath().write(w)
	})
	return s
}

// ServeHTTP serves the contract. Strip a prefix before /v1/ with
// http.StripPrefix.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A ServeMux would redirect to the clean path, and answer HEAD as it does GET.
	if p := r.URL.EscapedPath(); r.Method == http.MethodHead || path.Clean(p) != p {
		noSuchPath().write(w)
		return
	}
	s.mux.ServeHTTP(w, r)
}

// RoundTrip answers a request without a socket, whatever stands before /v1/ in
// its path.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	i := strings.Index(r.URL.Path, "/v1/")
	return inmemory.RoundTripper(http.StripPrefix(r.URL.Path[:max(i, 0)], s)).RoundTrip(r)
}

// answer is what a handler returns, with what it did for OnEffect.
type answer struct {
	status         int
	header         http.Header
	body           []byte
	client, target string
	changed        bool
}

func (a answer) about(client, target string) answer {
	a.client, a.target = client, target
	return a
}

func (a answer) write(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

func respond(status int, v any) answer {
	body, err := json.Marshal(v)
	if err != nil {
		return problem(http.StatusInternalServerError, nimbus.CodeInternal, "the answer cannot be written as JSON")
	}
	return answer{status: status, header: http.Header{"Content-Type": {"application/json"}}, body: body}
}

func problem(status int, code, detail string) answer {
	return problemWith(status, code, detail, "", nil)
}

// problemWith is a problem with one more member.
func problemWith(status int, code, detail, member string, value any) answer {
	p := map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "code": code, "detail": detail}
	if member != "" {
		p[member] = value
	}
	a := respond(status, p)
	a.header.Set("Content-Type", "application/problem+json")
	return a
}

func noSuchPath() answer {
	return problem(http.StatusNotFound, nimbus.CodeNotFound, "the contract has no such path")
}

func notFound() answer {
	return problem(http.StatusNotFound, nimbus.CodeNotFound, "there is nothing with this id")
}

// serve does what every operation needs: the session, the capability, the form of
// the request, in this order, the time that has passed, and the effect. The body
// is read before anything is refused, because a client may only listen when it
// has sent all of it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, rt route) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, rt.maxBody()))
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	wrong := rt.wrongParameter(r.URL.RawQuery)
	s.advance()
	s.mu.Lock()
	var a answer
	switch {
	case rt.operation != opLogin && !s.authorized(r):
		s.mu.Unlock()
		problem(http.StatusUnauthorized, nimbus.CodeSessionExpired, "the session has expired").write(w)
		return
	case !s.offers(rt.capability) && !byStaff(r):
		a = problem(http.StatusNotImplemented, nimbus.CodeCapabilityUnavailable, "this server does not offer "+string(rt.capability))
	case tooLarge:
		a = problem(http.StatusRequestEntityTooLarge, nimbus.CodeTooLarge, "the request is too large")
	case err != nil:
		a = invalid("the request could not be read")
	case wrong != "":
		a = invalid(wrong)
	default:
		a = rt.handle(s, request{Request: r, body: body})
	}
	s.mu.Unlock()
	if rt.effect() && s.config.OnEffect != nil {
		if a.target == "" {
			a.target = r.PathValue("id")
		}
		s.config.OnEffect(rt.operation, a.client, a.target, rt.destructive, a.changed)
	}
	a.write(w)
}

func (s *Server) offers(c nimbus.Capability) bool {
	return c == "" || s.config.Capabilities == nil || slices.Contains(s.config.Capabilities, c)
}
