package myobae

import (
	"context"
	"encoding/json"
	"net/http"
)

// ChangeResult is the client as the write left it, or the operation that will do
// the write. Exactly one of them is set; OperationsService.Wait waits for the
// latter.
type ChangeResult struct {
	Client    *ClientEntity
	Operation *Operation
}

// change sends a write that names the client as it was last seen, and accepts
// only an answer that proves it: the client as confirm wants it, or an operation.
func (c *Client) change(ctx context.Context, r Request, uid ClientUID, rowVersion, expectedCode string, body any, confirm func(ClientEntity) error) (ChangeResult, error) {
	switch {
	case !uidPattern.MatchString(string(uid)):
		return ChangeResult{}, invalid(r.Op, "the UID is empty or malformed")
	case rowVersion == "":
		return ChangeResult{}, invalid(r.Op, "RowVersion is required")
	case expectedCode == "":
		return ChangeResult{}, invalid(r.Op, "ExpectedCode is required")
	}
	var err error
	if r.Body, err = json.Marshal(body); err != nil {
		return ChangeResult{}, invalid(r.Op, "the parameters are not JSON")
	}
	a, err := c.Do(ctx, r)
	if err != nil {
		return ChangeResult{}, err
	}
	switch a.StatusCode {
	case http.StatusOK:
		entity, err := clientAnswer(r, a, uid)
		if err != nil {
			return ChangeResult{}, err
		}
		if err := confirm(entity); err != nil {
			return ChangeResult{}, senseless(r, a, err.Error())
		}
		return ChangeResult{Client: &entity}, nil
	case http.StatusAccepted:
		operation, err := decodeOperation(a.Body)
		if err != nil {
			return ChangeResult{}, senseless(r, a, err.Error())
		}
		return ChangeResult{Operation: &operation}, nil
	default:
		return ChangeResult{}, senseless(r, a, "the answer is neither the client nor an operation")
	}
}
