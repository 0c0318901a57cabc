package myobaetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/myobae"
)

// answer is what a request gets, and the effect that it was meant to have.
type answer struct {
	status int
	body   any
	effect *effect
}

type effect struct {
	operation, client, target string
	changed                   bool
}

// routes binds the operations of the contract. Each runs under the lock.
func (g *Gateway) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request, []byte) answer{
		"GET /v1/Info":                           g.info,
		"GET /v1/Client":                         g.findClients,
		"GET /v1/Client/{uid}":                   g.getClient,
		"GET /v1/Client/{uid}/ClosePreflight":    g.closePreflight,
		"POST /v1/Client/{uid}/Close":            g.closeClient,
		"PUT /v1/Client/{uid}/ExtraField/{name}": g.clearExtraField,
		"GET /v1/Operation/{uid}":                g.getOperation,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
			if err != nil {
				refuse(http.StatusRequestEntityTooLarge, "RequestTooLarge", "The request is too large or broke off").write(w)
				return
			}
			g.mu.Lock()
			g.settle()
			a := serve(r, body)
			g.mu.Unlock()
			if e := a.effect; e != nil && g.cfg.OnEffect != nil {
				g.cfg.OnEffect(e.operation, e.client, e.target, true, e.changed)
			}
			a.write(w)
		})
	}
	return mux
}

// ServeHTTP answers one request. A Gateway behind a base path needs
// http.StripPrefix before it.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.requests++
	w.Header().Set("x-myobapi-requestid", fmt.Sprintf("req-%d", g.requests))
	g.mu.Unlock()
	if g.cfg.Token != "" && r.Header.Get("Authorization") != "Bearer "+g.cfg.Token {
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(http.StatusUnauthorized, "OAuthTokenIsInvalid", "The supplied OAuth token is not valid").write(w)
		return
	}
	g.mux.ServeHTTP(w, r)
}

func (a answer) write(w http.ResponseWriter) {
	body, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "an Extra Field holds what JSON cannot", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	w.Write(body)
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func refuse(status int, name, message string) answer {
	return answer{status: status, body: map[string]any{
		"Errors": []any{map[string]any{
			"Name": name, "Message": message, "AdditionalDetails": "", "ErrorCode": nil, "Severity": "Error", "LearnMore": nil,
		}},
		"Information": "",
	}}
}

func noSuchClient() answer {
	return refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such client")
}

func (g *Gateway) offers(c myobae.Capability) bool {
	return g.cfg.Capabilities == nil || slices.Contains(g.cfg.Capabilities, c)
}

func (g *Gateway) info(*http.Request, []byte) answer {
	offered := []myobae.Capability{}
	for _, c := range []myobae.Capability{myobae.CapabilityClosePreflight, myobae.CapabilityCloseClient, myobae.CapabilityClearExtraField} {
		if g.offers(c) {
			offered = append(offered, c)
		}
	}
	return ok(map[string]any{"Version": "1.0", "Capabilities": offered, "AEVersion": nil, "ReadOnly": g.readOnly})
}

var codeFilter = regexp.MustCompile(`^Code eq '((?:[^']|'')+)'$`)

func (g *Gateway) findClients(r *http.Request, _ []byte) answer {
	filter := codeFilter.FindStringSubmatch(r.URL.Query().Get("$filter"))
	top, err := strconv.Atoi(r.URL.Query().Get("$top"))
	if filter == nil || err != nil || top < 1 {
		return refuse(http.StatusBadRequest, "OData Query Error", "Please check your OData query")
	}
	code := strings.ReplaceAll(filter[1], "''", "'")
	items, count, next := []clientWire{}, 0, any(nil)
	for _, c := range g.clients {
		if !strings.EqualFold(c.Code, code) {
			continue
		}
		if count++; len(items) < top {
			items = append(items, g.wire(c))
		} else {
			next = "https://" + r.Host + "/v1/Client?$skip=" + strconv.Itoa(top)
		}
	}
	return ok(map[string]any{"Items": items, "NextPageLink": next, "Count": count})
}

func (g *Gateway) getClient(r *http.Request, _ []byte) answer {
	c := g.byUID(r.PathValue("uid"))
	if c == nil {
		return noSuchClient()
	}
	return ok(g.wire(c))
}

func (g *Gateway) closePreflight(r *http.Request, _ []byte) answer {
	c := g.byUID(r.PathValue("uid"))
	switch {
	case !g.offers(myobae.CapabilityClosePreflight):
		return notOffered()
	case c == nil:
		return noSuchClient()
	}
	p := c.Preflight
	p.Blockers = append([]myobae.Finding{}, p.Blockers...)
	p.Warnings = append([]myobae.Finding{}, p.Warnings...)
	return ok(p)
}

func notOffered() answer {
	return refuse(http.StatusNotImplemented, "CapabilityUnavailable", "The gateway does not offer this")
}

func (g *Gateway) getOperation(r *http.Request, _ []byte) answer {
	for _, o := range g.operations {
		if strings.EqualFold(string(o.UID), r.PathValue("uid")) {
			return ok(o.Operation)
		}
	}
	return refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such operation")
}
