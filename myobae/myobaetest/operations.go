package myobaetest

import (
	"fmt"
	"time"

	"github.com/practicekit/offboarding/myobae"
)

// operation is a write that was accepted and is not done yet, or was.
type operation struct {
	myobae.Operation
	client *Client
	field  string // empty: close the client
	value  any    // what the field is to hold
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
// doing it; message is why.
func (g *Gateway) FailOperations(message string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settle()
	for _, o := range g.operations {
		if !o.State.Finished() {
			o.State, o.Message = myobae.OperationFailed, message
		}
	}
}

// underWay returns the same write if it was accepted before and is not finished.
func (g *Gateway) underWay(c *Client, field string) *operation {
	for _, o := range g.operations {
		if o.client == c && o.field == field && !o.State.Finished() {
			return o
		}
	}
	return nil
}

// begin accepts a write that is done later.
func (g *Gateway) begin(c *Client, field string, value any) *operation {
	o := &operation{client: c, field: field, value: value}
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
		if due || o.done() {
			g.complete(o)
		}
	}
}

func (g *Gateway) complete(o *operation) {
	if o.State.Finished() {
		return
	}
	if !o.done() {
		g.apply(o.client, o.field, o.value)
	}
	o.State, o.Message = myobae.OperationSucceeded, ""
}

// apply closes the client, or sets the field when there is one.
func (g *Gateway) apply(c *Client, field string, value any) {
	if field == "" {
		g.setStatus(c, myobae.StatusClosed)
	} else {
		g.setField(c, field, value)
	}
}

// done reports whether the client is as the operation would leave it.
func (o *operation) done() bool {
	if o.field == "" {
		return o.client.Status == myobae.StatusClosed
	}
	return !isSet(o.client.ExtraFields[o.field])
}
