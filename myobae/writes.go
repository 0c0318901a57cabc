package myobae

import (
	"context"
	"encoding/json"
	"net/http"
)

// change sends a write that names the client as it was last seen, and accepts
// only an answer that proves it: the client as confirm wants it, or an operation.
func (c *Client) change(ctx context.Context, r Request, uid ClientUID, rowVersion, expectedCode string, body any, confirm func(ClientEntity) error) (*ClientEntity, *Operation, error) {
	switch {
	case !uidPattern.MatchString(string(uid)):
		return nil, nil, invalid(r.Op, "the UID is empty or malformed")
	case rowVersion == "":
		return nil, nil, invalid(r.Op, "RowVersion is required")
	case expectedCode == "":
		return nil, nil, invalid(r.Op, "ExpectedCode is required")
	}
	var err error
	if r.Body, err = json.Marshal(body); err != nil {
		return nil, nil, invalid(r.Op, "the parameters are not JSON")
	}
	a, err := c.Do(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	switch a.StatusCode {
	case http.StatusOK:
		entity, err := clientAnswer(r, a, uid)
		if err != nil {
			return nil, nil, err
		}
		if err := confirm(entity); err != nil {
			return nil, nil, senseless(r, a, err.Error())
		}
		return &entity, nil, nil
	case http.StatusAccepted:
		operation, err := decodeOperation(a.Body)
		if err != nil {
			return nil, nil, senseless(r, a, err.Error())
		}
		return nil, &operation, nil
	default:
		return nil, nil, senseless(r, a, "the answer is neither the client nor an operation")
	}
}
