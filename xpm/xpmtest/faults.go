package xpmtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/internal/inmemory"
)

// Fault is something that goes wrong with one call: it answers w in place of the
// server, which is call. A fault that runs call lets the effect happen.
type Fault func(w http.ResponseWriter, r *http.Request, call http.Handler)

// The limits, as X-Rate-Limit-Problem names them.
const (
	LimitMinute     = "minute"
	LimitDay        = "day"
	LimitAppMinute  = "appminute"
	LimitConcurrent = "concurrent"
)

// order is the faults that are still to happen to calls of an operation.
type order struct {
	method, path string // both empty for any
	faults       []Fault
}

// Order makes the next calls go wrong: one fault a call, in this order, with nil
// for a call that goes well. Calls beyond them go well. An order for the
// operation of a call (OrderFor) comes before one for any.
func (s *Server) Order(faults ...Fault) { s.order(order{faults: faults}) }

// OrderFor is Order for the calls of one operation, named by method and path as
// in "GET client.api/get/{uuid}", where {…} stands for any one element.
func (s *Server) OrderFor(operation string, faults ...Fault) {
	method, path, _ := strings.Cut(operation, " ")
	s.order(order{method: method, path: path, faults: faults})
}

func (s *Server) order(o order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, &o)
}

// ordered takes the fault that is ordered for a call, or nil.
func (s *Server) ordered(r *http.Request) Fault {
	path, _ := strings.CutPrefix(r.URL.EscapedPath(), prefix)
	s.mu.Lock()
	defer s.mu.Unlock()
	var next *order
	for _, o := range s.orders {
		switch {
		case len(o.faults) == 0:
		case o.path == "" && next == nil:
			next = o
		case o.path != "" && o.method == r.Method && new(answering).fits(o.path, path):
			f := o.faults[0]
			o.faults = o.faults[1:]
			return f
		}
	}
	if next == nil {
		return nil
	}
	f := next.faults[0]
	next.faults = next.faults[1:]
	return f
}

// RateLimited refuses the call for a limit, with an empty 429 as XPM sends. XPM
// is assumed to send no Retry-After for LimitConcurrent; no wait sends none.
func RateLimited(limit string, wait time.Duration) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		h := w.Header()
		h.Set("X-Rate-Limit-Problem", limit)
		left := map[string]string{LimitMinute: "X-MinLimit-Remaining", LimitDay: "X-DayLimit-Remaining", LimitAppMinute: "X-AppMinLimit-Remaining"}
		if name := left[limit]; name != "" {
			h.Set(name, "0")
		}
		if wait > 0 {
			h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		}
		h.Set("Content-Length", "0")
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

// TokenExpired refuses the call since its access token expired then.
func TokenExpired(at time.Time) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("WWW-Authenticate", "Bearer error=invalid_token")
		w.Header()["Content-Type"] = nil // recorded without one
		problem(w, http.StatusUnauthorized, "Unauthorized", "TokenExpired: token expired at "+at.UTC().Format("01/02/2006 15:04:05"))
	}
}

// WrongTenant refuses the call as one for a tenant that is not connected.
func WrongTenant() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("X-AppMinLimit-Remaining", "9999")
		w.Header().Set("Content-Type", "application/json")
		problem(w, http.StatusForbidden, "Forbidden", "AuthenticationUnsuccessful")
	}
}

// Unavailable answers with the status, 500 to 599, before anything was done; with
// After, it was. The body of any but 503 is assumed.
func Unavailable(status int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "application/json")
		problem(w, status, "Unavailable", "ServiceNotAvailable")
	}
}

func problem(w http.ResponseWriter, status int, title, detail string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"Type":null,"Title":%q,"Status":%d,"Detail":%q,"Instance":null,"Extensions":{}}`, title, status, detail)
}

// Refused answers with a Status of ERROR and the description, as XPM refuses.
func Refused(description string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		(&answering{w: w, r: r}).refuse("Error", description)
	}
}

// Reset breaks the connection without an answer.
func Reset() Fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// After lets the call happen, loses its answer, and then goes wrong.
func After(fault Fault) Fault {
	return func(w http.ResponseWriter, r *http.Request, call http.Handler) {
		call.ServeHTTP(inmemory.NewRecorder(http.Header{}), r)
		fault(w, r, call)
	}
}

// Truncated lets the call happen and breaks the connection in the middle of the
// answer.
func Truncated() Fault {
	return func(w http.ResponseWriter, r *http.Request, call http.Handler) {
		whole := inmemory.NewRecorder(w.Header())
		call.ServeHTTP(whole, r)
		w.Header().Set("Content-Length", strconv.Itoa(whole.Body.Len()))
		w.WriteHeader(max(whole.Status, http.StatusOK))
		_, _ = w.Write(whole.Body.Bytes()[:whole.Body.Len()/2])
		_ = http.NewResponseController(w).Flush() // a recorder has nothing to flush
		panic(http.ErrAbortHandler)
	}
}

// HTML answers with a login page and status 200, as gateways do.
func HTML() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>")
	}
}

// Slow answers after a while, unless the caller has gone by then; what it is
// asked to do it does nevertheless.
func Slow(wait time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, call http.Handler) {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
		}
		call.ServeHTTP(w, r)
	}
}
