package xpmtest

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route is one operation: its method, its path below the base address, in which
// {name} is any one element, and what answers it.
type route struct {
	method, path string
	serve        func(a *answering)
}

// allRoutes collects the operations, resource by resource.
func (s *Server) allRoutes() []route {
	return slices.Concat(
		s.clientRoutes(),
		s.contactRoutes(),
		s.documentRoutes(),
		s.relationshipRoutes(),
		s.jobRoutes(),
		s.groupRoutes(),
		s.staffRoutes(),
		s.practiceRoutes(),
		s.customFieldRoutes(),
		s.timeRoutes(),
		s.costRoutes(),
		s.invoiceRoutes(),
		s.quoteRoutes(),
	)
}

// serve answers with the first route that fits. A path or method that XPM does
// not have gets the gateway's plain text.
func (s *Server) serve(a *answering) {
	if path, ok := strings.CutPrefix(a.r.URL.EscapedPath(), prefix); ok {
		for _, r := range s.routes {
			if r.method == a.r.Method && a.fits(r.path, path) {
				r.serve(a)
				return
			}
		}
	}
	a.plain(http.StatusNotFound, "The resource you're looking for cannot be found")
}

// fits compares a path, escaped, with that of a route, and keeps what stands in
// its places.
func (a *answering) fits(pattern, path string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	values := map[string]string{}
	for i, w := range want {
		v, err := url.PathUnescape(have[i])
		name, place := strings.CutPrefix(w, "{")
		switch {
		case err != nil || v == "" || !place && v != w:
			return false
		case place:
			values[strings.TrimSuffix(name, "}")] = v
		}
	}
	a.values = values
	return true
}

// id is the UUID in the place of that name in the path, in lower case.
func (a *answering) id(name string) string { return strings.ToLower(a.values[name]) }

// query is a parameter of the query.
func (a *answering) query(name string) string { return a.r.URL.Query().Get(name) }

// read decodes the body of the request. It has to be one well-formed element of
// the name that XMLName in v asks for.
func (a *answering) read(v any) error {
	d := xml.NewDecoder(io.LimitReader(a.r.Body, 64<<20))
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something behind the body")
	}
	return nil
}

// done answers with a Status of OK and nothing else.
func (a *answering) done(method string) { a.send(begin(method, "OK")) }

// effect reports a call that was meant to change something; s.mu is not held.
func (s *Server) effect(operation, client, target string, destructive, changed bool) {
	if s.config.OnEffect != nil {
		s.config.OnEffect(operation, client, target, destructive, changed)
	}
}
