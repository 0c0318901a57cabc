package myobaetest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/myobae"
)

// write is the body of every write. Reason belongs to a change of status, Value
// to an Extra Field.
type write struct {
	RowVersion   string
	ExpectedCode string
	Reason       *string
	Value        json.RawMessage
}

// parseWrite reads a body. A key that the contract does not have is refused: it
// may stand for a condition that this gateway would not heed.
func parseWrite(body []byte, field bool) (in write, valid bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if d.Decode(&in) != nil || d.More() || in.RowVersion == "" || in.ExpectedCode == "" {
		return write{}, false
	}
	if field {
		return in, in.Reason == nil && in.Value != nil
	}
	return in, in.Value == nil && (in.Reason == nil || len(*in.Reason) <= 1000)
}

// closeClient closes the client or begins the operation that will.
func (g *Gateway) closeClient(r *http.Request, body []byte) answer {
	c, in, a := g.accept(r, body, effect{operation: "close-client", destructive: true}, myobae.CapabilityCloseClient)
	if c == nil {
		return a
	}
	return g.perform(c, in, a, aim{status: myobae.StatusClosed}, func() answer {
		switch {
		case c.NotAClient:
			return refuse(http.StatusConflict, myobae.NameNotAClient, "It is a contact, not a client")
		case len(c.Preflight.Blockers) > 0:
			return refuse(http.StatusConflict, myobae.NameClientCannotBeClosed, c.Preflight.Blockers[0].Message)
		}
		return answer{}
	})
}

// reopenClient opens the client again or begins the operation that will.
func (g *Gateway) reopenClient(r *http.Request, body []byte) answer {
	c, in, a := g.accept(r, body, effect{operation: "reopen-client"}, myobae.CapabilityReopenClient)
	if c == nil {
		return a
	}
	return g.perform(c, in, a, aim{status: myobae.StatusOpen}, func() answer {
		if c.NotAClient {
			return refuse(http.StatusConflict, myobae.NameNotAClient, "It is a contact, not a client")
		}
		return answer{}
	})
}

// putExtraField gives the field a value or begins the operation that will. To
// clear it, with null or false, is a capability of its own.
func (g *Gateway) putExtraField(r *http.Request, body []byte) answer {
	value, malformed := valueOf(body)
	e, needs := effect{operation: "set-extra-field"}, myobae.CapabilitySetExtraField
	if !isSet(value) {
		e, needs = effect{operation: "clear-extra-field", destructive: true}, myobae.CapabilityClearExtraField
	}
	c, in, a := g.accept(r, body, e, needs)
	if c == nil {
		return a
	}
	name := c.fieldName(r.PathValue("name"))
	_, has := c.ExtraFields[name]
	switch listed := contains(g.cfg.ExtraFieldNames, name); {
	case g.cfg.ExtraFieldNames != nil && !listed, contains(g.cfg.ReadOnlyFields, name):
		return a.with(refuse(http.StatusForbidden, myobae.NameFieldNotWritable, "The field is not on the allow-list"))
	case !listed && !has:
		return a.with(refuse(http.StatusNotFound, myobae.NameNotFound, "There is no such Extra Field"))
	case value == nil && !malformed && contains(g.cfg.MandatoryFields, name):
		return a.with(refuse(http.StatusBadRequest, myobae.NameFieldIsMandatory, "The field cannot be empty"))
	case malformed, isSet(value) && !fits(value, g.dataType(name)):
		return a.with(refuse(http.StatusBadRequest, myobae.NameFieldValueInvalid, "The field is of another type"))
	}
	return g.perform(c, in, a, aim{field: name, value: value}, func() answer { return answer{} })
}

// valueOf takes the value out of a body; malformed is one that no field holds.
// What is not JSON at all is for accept to refuse.
func valueOf(body []byte) (value any, malformed bool) {
	var in struct{ Value any }
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&in) != nil {
		return nil, false
	}
	switch v := in.Value.(type) {
	case nil, bool, json.Number:
		return v, false
	case string:
		return v, v == ""
	default:
		return nil, true
	}
}

// fits reports whether a field of the type may hold the value. A text that reads
// as a date is still a text.
func fits(value any, dataType string) bool {
	got := typeOf(value)
	return got == dataType || got == "Date" && dataType == "Text"
}

// accept reads a write and refuses what does not depend on the state that it
// wants to reach. The client is nil when it refuses.
func (g *Gateway) accept(r *http.Request, body []byte, e effect, needs myobae.Capability) (*Client, write, answer) {
	a := answer{effect: &e}
	e.target = r.PathValue("uid")
	if name := r.PathValue("name"); name != "" {
		e.target += "/" + name
	}
	c := g.byUID(r.PathValue("uid"))
	if c != nil {
		e.client = c.Code
	}
	in, valid := parseWrite(body, r.PathValue("name") != "")
	switch {
	case !g.offers(needs):
		return nil, in, a.with(notOffered())
	case g.readOnly:
		return nil, in, a.with(refuse(http.StatusForbidden, myobae.NameGatewayReadOnly, "The gateway takes no writes for now"))
	case c == nil:
		return nil, in, a.with(noSuchClient())
	case !valid:
		return nil, in, a.with(refuse(http.StatusBadRequest, myobae.NameRequired, "A key is missing, unknown or of another type"))
	case !strings.EqualFold(in.ExpectedCode, c.Code):
		return nil, in, a.with(refuse(http.StatusConflict, myobae.NameExpectedCodeMismatch, "The client has another code"))
	}
	return c, in, a
}

// perform does the write, or begins its operation. A write that is under way
// answers with its operation and one whose aim is reached with the client,
// whatever the RowVersion; forbidden says what else speaks against it.
func (g *Gateway) perform(c *Client, in write, a answer, want aim, forbidden func() answer) answer {
	if o := g.underWay(c, want); o != nil {
		if o.aim.equals(want) {
			return a.with(answer{status: http.StatusAccepted, body: wireOperation(o.Operation)})
		}
		return a.with(refuse(http.StatusConflict, myobae.NameOperationUnderWay, "Another write to the same is under way"))
	}
	if want.reached(c) {
		return a.with(ok(g.wire(c)))
	}
	if refusal := forbidden(); refusal.status != 0 {
		return a.with(refusal)
	}
	if in.RowVersion != c.RowVersion {
		return a.with(refuse(http.StatusConflict, myobae.NameIncorrectRowVersionSupplied, "The client has changed since"))
	}
	a.effect.changed = true
	if g.cfg.AwaitOperator || g.cfg.OperationTakes > 0 {
		return a.with(answer{status: http.StatusAccepted, body: wireOperation(g.begin(c, want).Operation)})
	}
	g.apply(c, want)
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
