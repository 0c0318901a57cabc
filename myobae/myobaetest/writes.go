package myobaetest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
)

// write is the body of both writes. Value belongs to Extra Fields only.
type write struct {
	RowVersion   string
	ExpectedCode string
	Value        json.RawMessage
}

// closeClient closes the client or begins the operation that will.
func (g *Gateway) closeClient(r *http.Request, body []byte) answer {
	c, in, a := g.accept(r, body, "close-client", myobae.CapabilityCloseClient)
	switch {
	case c == nil:
		return a
	case c.Status == myobae.StatusClosed:
		return a.with(ok(g.wire(c)))
	case c.NotAClient:
		return a.with(refuse(http.StatusConflict, myobae.NameNotAClient, "It is a contact, not a client"))
	case len(c.Preflight.Blockers) > 0:
		return a.with(refuse(http.StatusConflict, myobae.NameClientCannotBeClosed, c.Preflight.Blockers[0].Message))
	}
	return g.perform(c, in, a, "", nil)
}

// clearExtraField empties the field, or sets it to No, or begins the operation
// that will.
func (g *Gateway) clearExtraField(r *http.Request, body []byte) answer {
	c, in, a := g.accept(r, body, "clear-extra-field", myobae.CapabilityClearExtraField)
	if c == nil {
		return a
	}
	name := c.fieldName(r.PathValue("name"))
	_, has := c.ExtraFields[name]
	var value any
	switch listed := contains(g.cfg.ExtraFieldNames, name); {
	case g.cfg.ExtraFieldNames != nil && !listed:
		return a.with(refuse(http.StatusForbidden, myobae.NameFieldNotWritable, "The field is not on the allow-list"))
	case !listed && !has:
		return a.with(refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such Extra Field"))
	case string(in.Value) == "false":
		value = false
	case !bytes.Equal(in.Value, []byte("null")):
		return a.with(refuse(http.StatusBadRequest, "Required", "Value must be null or false"))
	case contains(g.cfg.MandatoryFields, name):
		return a.with(refuse(http.StatusBadRequest, myobae.NameFieldIsMandatory, "The field cannot be empty"))
	}
	if !isSet(c.ExtraFields[name]) {
		return a.with(ok(g.wire(c)))
	}
	return g.perform(c, in, a, name, value)
}

// accept reads a write and refuses what does not depend on the state that it
// wants to reach. The client is nil when it refuses.
func (g *Gateway) accept(r *http.Request, body []byte, operation string, needs myobae.Capability) (*Client, write, answer) {
	a := answer{effect: &effect{operation: operation, target: r.PathValue("uid")}}
	if name := r.PathValue("name"); name != "" {
		a.effect.target += "/" + name
	}
	c := g.byUID(r.PathValue("uid"))
	if c != nil {
		a.effect.client = c.Code
	}
	var in write
	switch {
	case !g.offers(needs):
		return nil, in, a.with(notOffered())
	case g.readOnly:
		return nil, in, a.with(refuse(http.StatusForbidden, myobae.NameGatewayReadOnly, "The gateway takes no writes for now"))
	case c == nil:
		return nil, in, a.with(noSuchClient())
	case json.Unmarshal(body, &in) != nil || in.RowVersion == "" || in.ExpectedCode == "":
		return nil, in, a.with(refuse(http.StatusBadRequest, "Required", "RowVersion and ExpectedCode are required"))
	case !strings.EqualFold(in.ExpectedCode, c.Code):
		return nil, in, a.with(refuse(http.StatusConflict, myobae.NameExpectedCodeMismatch, "The client has another code"))
	}
	return c, in, a
}

// perform does the write, or begins its operation. A write that is under way
// answers with its operation, whatever the RowVersion.
func (g *Gateway) perform(c *Client, in write, a answer, field string, value any) answer {
	if o := g.underWay(c, field); o != nil {
		return a.with(answer{status: http.StatusAccepted, body: o.Operation})
	}
	if in.RowVersion != c.RowVersion {
		return a.with(refuse(http.StatusConflict, myobae.NameIncorrectRowVersionSupplied, "The client has changed since"))
	}
	a.effect.changed = true
	if g.cfg.AwaitOperator || g.cfg.OperationTakes > 0 {
		o := g.begin(c, field, value)
		return a.with(answer{status: http.StatusAccepted, body: o.Operation})
	}
	g.apply(c, field, value)
	return a.with(ok(g.wire(c)))
}

// with returns b with the effect of a.
func (a answer) with(b answer) answer {
	b.effect = a.effect
	return b
}

func contains(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}
