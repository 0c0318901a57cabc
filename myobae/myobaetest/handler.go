package myobaetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
)

// maxBody is the largest request that the contract allows.
const maxBody = 64 << 10

// answer is what a request gets, and the effect that it was meant to have.
type answer struct {
	status int
	body   any
	effect *effect
}

type effect struct {
	operation, client, target string
	destructive, changed      bool
}

// routes binds the operations of the contract. Each runs under the lock.
func (g *Gateway) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*http.Request, []byte) answer{
		"GET /v1/Info":                           g.info,
		"GET /v1/Client":                         g.listClients,
		"GET /v1/Client/{uid}":                   g.getClient,
		"GET /v1/Client/{uid}/ClosePreflight":    g.closePreflight,
		"POST /v1/Client/{uid}/Close":            g.closeClient,
		"POST /v1/Client/{uid}/Reopen":           g.reopenClient,
		"PUT /v1/Client/{uid}/ExtraField/{name}": g.putExtraField,
		"GET /v1/ExtraFieldDefinition":           g.listDefinitions,
		"GET /v1/Operation/{uid}":                g.getOperation,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
			if err != nil {
				g.write(w, refuse(http.StatusRequestEntityTooLarge, myobae.NameRequestTooLarge, "The request is too large or broke off"))
				return
			}
			g.mu.Lock()
			g.settle()
			a := serve(r, body)
			g.mu.Unlock()
			if e := a.effect; e != nil && g.cfg.OnEffect != nil {
				g.cfg.OnEffect(e.operation, e.client, e.target, e.destructive, e.changed)
			}
			g.write(w, a)
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
	throttled := g.throttle > 0
	if throttled {
		g.throttle--
	}
	g.mu.Unlock()
	switch {
	case throttled:
		w.Header().Set("Retry-After", "1")
		g.write(w, refuse(http.StatusForbidden, myobae.NameRateLimitError, "Too many requests"))
	case g.cfg.Token != "" && r.Header.Get("Authorization") != "Bearer "+g.cfg.Token:
		w.Header().Set("WWW-Authenticate", "Bearer")
		g.write(w, refuse(http.StatusUnauthorized, myobae.NameOAuthTokenIsInvalid, "The supplied OAuth token is not valid"))
	default:
		g.mux.ServeHTTP(w, r)
	}
}

func (g *Gateway) write(w http.ResponseWriter, a answer) {
	if envelope, refused := a.body.(errorsWire); refused && g.cfg.BareErrors {
		a.body = envelope.Errors[0]
	}
	body, err := json.Marshal(a.body)
	if err != nil {
		http.Error(w, "an Extra Field holds what JSON cannot", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
	w.Write(body)
}

func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

func refuse(status int, name, message string) answer {
	return answer{status: status, body: errorsWire{Errors: []errorWire{{
		Name: name, Message: message, ErrorCode: errorCode(name), Severity: "Error",
	}}}}
}

// errorCode is the number that MYOB's other APIs have for the error, or null.
func errorCode(name string) any {
	switch name {
	case myobae.NameRequired:
		return 100
	case myobae.NameIncorrectRowVersionSupplied:
		return 111
	case myobae.NameNotFound:
		return 150
	default:
		return nil
	}
}

func noSuchClient() answer {
	return refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such client")
}

func notOffered() answer {
	return refuse(http.StatusNotImplemented, myobae.NameCapabilityUnavailable, "The gateway does not offer this")
}

func (g *Gateway) offers(c myobae.Capability) bool {
	return g.cfg.Capabilities == nil || slices.Contains(g.cfg.Capabilities, c)
}

func (g *Gateway) info(*http.Request, []byte) answer {
	offered := []myobae.Capability{}
	for _, c := range []myobae.Capability{
		myobae.CapabilityClosePreflight, myobae.CapabilityCloseClient, myobae.CapabilityReopenClient,
		myobae.CapabilityExtraFieldDefinitions, myobae.CapabilityClearExtraField, myobae.CapabilitySetExtraField,
	} {
		if g.offers(c) {
			offered = append(offered, c)
		}
	}
	return ok(map[string]any{"Version": "1.0", "Capabilities": offered, "AEVersion": nil, "ReadOnly": g.readOnly})
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

func (g *Gateway) getOperation(r *http.Request, _ []byte) answer {
	for _, o := range g.operations {
		if strings.EqualFold(string(o.UID), r.PathValue("uid")) {
			return ok(wireOperation(o.Operation))
		}
	}
	return refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such operation")
}
