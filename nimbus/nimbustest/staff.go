package nimbustest

import (
	"context"
	"net/http"
)

type staffKey struct{}

// Staff returns round trips for what people do in the product itself: every
// operation works, whatever the server offers to programs. They log in like
// everybody else.
func (s *Server) Staff() http.RoundTripper { return staffTrip{s} }

type staffTrip struct{ server *Server }

func (t staffTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.server.RoundTrip(r.WithContext(context.WithValue(r.Context(), staffKey{}, true)))
}

func byStaff(r *http.Request) bool { return r.Context().Value(staffKey{}) != nil }
