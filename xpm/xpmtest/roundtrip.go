package xpmtest

import (
	"net/http"

	"github.com/practicekit/offboarding/internal/inmemory"
)

// HTTPClient returns a client that hands each request straight to the server,
// whatever host it names: no network, and no goroutine, so that it works in
// virtual time.
func (s *Server) HTTPClient() *http.Client { return &http.Client{Transport: inmemory.RoundTripper(s)} }
