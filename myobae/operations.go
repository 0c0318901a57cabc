package myobae

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/practicekit/offboarding/internal/transport"
)

// OperationUID identifies a write that the gateway has accepted but not done.
type OperationUID string

// OperationState is how far a write has come. The set is open: a value that is
// not known here is kept as it came and counts as not finished.
type OperationState string

const (
	OperationPending          OperationState = "Pending"
	OperationAwaitingOperator OperationState = "AwaitingOperator" // a person has to act in AE
	OperationSucceeded        OperationState = "Succeeded"
	OperationFailed           OperationState = "Failed" // the write was not done and will not be
)

// Finished reports whether nothing more will happen.
func (s OperationState) Finished() bool {
	return s == OperationSucceeded || s == OperationFailed
}

// Operation is a write that the gateway has accepted. That it succeeded is the
// gateway's word; the proof is the client, read again.
type Operation struct {
	UID     OperationUID
	State   OperationState
	Name    string // of a failed one: why, one of the Name constants or another
	Message string // for people: what is waited for, or why it failed
}

func decodeOperation(body []byte) (Operation, error) {
	var o Operation
	if err := decode(body, &o, "UID", "State"); err != nil {
		return Operation{}, err
	}
	if !uidPattern.MatchString(string(o.UID)) || o.State == "" {
		return Operation{}, errors.New("the answer has an empty or malformed UID or State")
	}
	return o, nil
}

// OperationsService reads operations and waits for them.
type OperationsService struct{ client *Client }

// Get returns an operation as it stands now. It does not wait.
//
// It is a read, repeated after failures that pass; the answer is whole.
// An operation that the gateway does not know, or no longer, is ErrNotFound; an
// answer about another operation is ErrInvalid. Contract: ours.
func (s *OperationsService) Get(ctx context.Context, uid OperationUID) (Operation, error) {
	r := Request{Op: "Operations.Get", Effect: EffectRead, Method: http.MethodGet, Path: transport.Path("v1", "Operation", string(uid))}
	if !uidPattern.MatchString(string(uid)) {
		return Operation{}, invalid(r.Op, "the UID is empty or malformed")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return Operation{}, err
	}
	o, err := decodeOperation(a.Body)
	if err == nil && !strings.EqualFold(string(o.UID), string(uid)) {
		err = errors.New("the answer is about another operation")
	}
	if err != nil {
		return Operation{}, senseless(r, a, err.Error())
	}
	return o, nil
}
