package myobaetest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// aim is what a write wants: the client to be of a status or, when there is a
// field, the field to hold a value.
type aim struct {
	status myobae.Status
	field  string
	value  any
}

func (a aim) reached(c *Client) bool {
	if a.field == "" {
		return c.Status == a.status
	}
	return sameValue(c.ExtraFields[a.field], a.value)
}

// rivals reports whether both aims are about the same thing.
func (a aim) rivals(b aim) bool { return strings.EqualFold(a.field, b.field) }

func (a aim) equals(b aim) bool {
	return a.rivals(b) && a.status == b.status && sameValue(a.value, b.value)
}

// sameValue compares two values of a field. Null and false are the same: both
// are not set, as myobae.ExtraField.IsSet has it.
func sameValue(a, b any) bool {
	if !isSet(a) || !isSet(b) {
		return !isSet(a) && !isSet(b)
	}
	return typeOf(a) == typeOf(b) && normal(a) == normal(b)
}

func isSet(value any) bool { return value != nil && value != false }

// normal makes numbers of all types comparable.
func normal(value any) any {
	if typeOf(value) != "Number" {
		return value
	}
	n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if err != nil {
		return fmt.Sprint(value)
	}
	return n
}

// operation is a write that was accepted and is not done yet, or was.
type operation struct {
	myobae.Operation
	client *Client
	aim    aim
	due    time.Time
}

// Operations returns every operation, in the order in which they began.
func (g *Gateway) Operations() []myobae.Operation {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	all := make([]myobae.Operation, len(g.operations))
	for i, o := range g.operations {
		all[i] = o.Operation
	}
	return all
}

// CompleteOperations does everything that awaits a person, or is pending.
func (g *Gateway) CompleteOperations() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.operations {
		g.complete(o)
	}
}

// FailOperations ends everything that awaits a person, or is pending, without
// doing it. Name and message are why; the name may be empty.
func (g *Gateway) FailOperations(name, message string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	for _, o := range g.operations {
		if !o.State.Finished() {
			o.State, o.Name, o.Message = myobae.OperationFailed, name, message
		}
	}
}

// underWay returns the operation about the same thing that is not finished.
func (g *Gateway) underWay(c *Client, a aim) *operation {
	for _, o := range g.operations {
		if o.client == c && o.aim.rivals(a) && !o.State.Finished() {
			return o
		}
	}
	return nil
}

// begin accepts a write that is done later.
func (g *Gateway) begin(c *Client, a aim) *operation {
	o := &operation{client: c, aim: a}
	o.UID = myobae.OperationUID(fmt.Sprintf("0b5e0000-0000-4000-8000-%012d", len(g.operations)+1))
	o.State = myobae.OperationPending
	if g.cfg.AwaitOperator {
		o.State, o.Message = myobae.OperationAwaitingOperator, "a person has to do it in AE"
	}
	if g.cfg.OperationTakes > 0 {
		o.due = time.Now().Add(g.cfg.OperationTakes)
	}
	g.operations = append(g.operations, o)
	return o
}

// settle does what is due, and finishes what a person has done in AE meanwhile.
func (g *Gateway) settle() {
	for _, o := range g.operations {
		due := !o.due.IsZero() && !time.Now().Before(o.due)
		if due || o.aim.reached(o.client) {
			g.complete(o)
		}
	}
}

func (g *Gateway) complete(o *operation) {
	if o.State.Finished() {
		return
	}
	if !o.aim.reached(o.client) {
		g.apply(o.client, o.aim)
	}
	o.State, o.Message = myobae.OperationSucceeded, ""
}

func (g *Gateway) apply(c *Client, a aim) {
	if a.field == "" {
		g.setStatus(c, a.status)
	} else {
		g.setField(c, a.field, a.value)
	}
}
