package myobae

import (
	"context"
	"errors"
	"net/http"

	"github.com/practicekit/offboarding/internal/transport"
)

// Finding is one thing that speaks against closing a client now.
type Finding struct {
	Name    string // "OpenAssignments", "WIPBalance", …; the set is open
	Message string
}

// ClosePreflight is what a careful practice looks at before it closes a client
// (P10). What AE itself demands is not publicly known, so the facts are for the
// caller to judge. A nil fact is one that the gateway cannot read.
type ClosePreflight struct {
	Blockers        []Finding // the gateway would refuse to close
	Warnings        []Finding
	WIPBalance      *string // decimal
	DebtorBalance   *string // decimal
	OpenAssignments *int
	DraftBills      *int
}

// ClosePreflight returns what speaks against closing the client now.
//
// It is a read, repeated after failures that pass; the answer is whole.
// A missing client is ErrNotFound; a gateway that cannot tell is
// ErrCapabilityUnavailable; an answer without Blockers or Warnings is
// ErrInvalid. Contract: ours.
func (s *ClientsService) ClosePreflight(ctx context.Context, uid ClientUID) (ClosePreflight, error) {
	r := Request{Op: "Clients.ClosePreflight", Effect: EffectRead, Method: http.MethodGet,
		Path: transport.Path("v1", "Client", string(uid), "ClosePreflight")}
	if !uidPattern.MatchString(string(uid)) {
		return ClosePreflight{}, invalid(r.Op, "the UID is empty or malformed")
	}
	a, err := s.client.Do(ctx, r)
	if err != nil {
		return ClosePreflight{}, err
	}
	var p ClosePreflight
	if err := decode(a.Body, &p, "Blockers", "Warnings"); err != nil {
		return ClosePreflight{}, senseless(r, a, err.Error())
	}
	return p, nil
}

// CloseParams says which client, as it was last seen, is to be closed and why.
type CloseParams struct {
	RowVersion   string // required: as the client was read
	ExpectedCode string // required: the gateway refuses when the UID has another code
	Reason       string // kept by the gateway in its audit trail
}

// Close closes the client (R5), or has the gateway ask a person to.
//
// It is sent at most once: when the answer is lost, or does not show this
// client as closed, the error is ErrOutcomeUnknown and the caller reads the
// client before anything else. Closing a closed client is a success that
// changes nothing. The answer is whole.
// A missing client is ErrNotFound. A client that has changed since
// (IncorrectRowVersionSupplied), has another code (ExpectedCodeMismatch), is
// only a contact (NotAClient) or has something against it
// (ClientCannotBeClosed) is ErrConflict, with the name in Error.Name; so is one
// that is being re-opened (OperationUnderWay). A gateway
// that does not close is ErrCapabilityUnavailable, one that refuses writes for
// now ErrReadOnly. Contract: ours.
func (s *ClientsService) Close(ctx context.Context, uid ClientUID, p CloseParams) (ChangeResult, error) {
	r := Request{Op: "Clients.Close", Method: http.MethodPost, Path: transport.Path("v1", "Client", string(uid), "Close")}
	return s.client.change(ctx, r, uid, p.RowVersion, p.ExpectedCode, p, func(c ClientEntity) error {
		if c.Status != StatusClosed {
			return errors.New("the answer does not show the client as closed")
		}
		return nil
	})
}

// ReopenParams says which client, as it was last seen, is to be opened again
// and why.
type ReopenParams struct {
	RowVersion   string // required: as the client was read
	ExpectedCode string // required: the gateway refuses when the UID has another code
	Reason       string // kept by the gateway in its audit trail
}

// Reopen opens a closed client again, or has the gateway ask a person to. Nimbus
// takes the client up with its next sync, and its folder if that is still there
// (P2).
//
// It is sent at most once: when the answer is lost, or does not show this
// client as open, the error is ErrOutcomeUnknown and the caller reads the
// client before anything else. Re-opening an open client is a success that
// changes nothing. The answer is whole.
// A missing client is ErrNotFound. A client that has changed since
// (IncorrectRowVersionSupplied), has another code (ExpectedCodeMismatch), is
// only a contact (NotAClient) or is being closed (OperationUnderWay) is
// ErrConflict, with the name in Error.Name. A gateway that does not re-open is
// ErrCapabilityUnavailable, one that refuses writes for now ErrReadOnly.
// Contract: ours.
func (s *ClientsService) Reopen(ctx context.Context, uid ClientUID, p ReopenParams) (ChangeResult, error) {
	r := Request{Op: "Clients.Reopen", Method: http.MethodPost, Path: transport.Path("v1", "Client", string(uid), "Reopen")}
	return s.client.change(ctx, r, uid, p.RowVersion, p.ExpectedCode, p, func(c ClientEntity) error {
		if c.Status != StatusOpen {
			return errors.New("the answer does not show the client as open")
		}
		return nil
	})
}
