package sim

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/practicekit/offboarding/myobae"
)

type myobaeClients struct{ *door }

func (c *cast) myobaeClient(id myobae.ClientUID) int {
	if i := sourceID(id, len(c.clients)); i >= 0 && c.inMYOBAE[i] {
		return i
	}
	return -1
}

func (c *cast) myobaeEntity(s *state, i int) myobae.ClientEntity {
	who, is := c.clients[i], s.clients[i]
	status, passes := myobae.StatusOpen, "true"
	if is.closed {
		status = myobae.StatusClosed
	}
	if is.cleared {
		passes = "null"
	}
	return myobae.ClientEntity{UID: who.myobae, Code: who.code, Name: who.name, IsClient: true, Status: status, RowVersion: strconv.Itoa(is.version),
		ExtraFields: []myobae.ExtraField{{Name: filterField, DataType: "Flag", Value: json.RawMessage(passes)}}}
}

func (m myobaeClients) Get(ctx context.Context, id myobae.ClientUID) (myobae.ClientEntity, error) {
	c := read(MYOBAE, "Clients.Get", id, m.p.cast.myobaeClient(id))
	return reach(ctx, m.door, c, func(s *state) (myobae.ClientEntity, bool, error) {
		if c.client < 0 {
			return myobae.ClientEntity{}, false, c.noSuch()
		}
		return m.p.cast.myobaeEntity(s, c.client), false, nil
	})
}

func (m myobaeClients) FindByCode(ctx context.Context, code string) ([]myobae.ClientEntity, error) {
	i, known := m.p.cast.byCode[strings.ToLower(code)]
	if !known || !m.p.cast.inMYOBAE[i] {
		i = -1
	}
	return reach(ctx, m.door, read(MYOBAE, "Clients.FindByCode", code, i), func(s *state) ([]myobae.ClientEntity, bool, error) {
		if i < 0 {
			return nil, false, nil
		}
		return []myobae.ClientEntity{m.p.cast.myobaeEntity(s, i)}, false, nil
	})
}

func (m myobaeClients) ClosePreflight(ctx context.Context, id myobae.ClientUID) (myobae.ClosePreflight, error) {
	c := read(MYOBAE, "Clients.ClosePreflight", id, m.p.cast.myobaeClient(id))
	return reach(ctx, m.door, c, func(*state) (myobae.ClosePreflight, bool, error) {
		if c.client < 0 {
			return myobae.ClosePreflight{}, false, c.noSuch()
		}
		return myobae.ClosePreflight{}, false, nil
	})
}

// Close closes the client (R5). One that is closed already stays so.
func (m myobaeClients) Close(ctx context.Context, id myobae.ClientUID, p myobae.CloseParams) (myobae.ChangeResult, error) {
	return m.change(ctx, "Clients.Close", id, p.RowVersion, p.ExpectedCode, func(c *client) *bool { return &c.closed })
}

type myobaeFields struct{ *door }

// Clear empties the field that keeps the client in Nimbus (R5).
func (m myobaeFields) Clear(ctx context.Context, id myobae.ClientUID, _ string, p myobae.ClearParams) (myobae.ChangeResult, error) {
	return m.change(ctx, "ExtraFields.Clear", id, p.RowVersion, p.ExpectedCode, func(c *client) *bool { return &c.cleared })
}

// change sets one of a client's flags, if the client is as it was last seen.
func (d *door) change(ctx context.Context, op string, id myobae.ClientUID, version, code string, flag func(*client) *bool) (myobae.ChangeResult, error) {
	c := once(MYOBAE, op, id, d.p.cast.myobaeClient(id))
	return reach(ctx, d, c, func(s *state) (myobae.ChangeResult, bool, error) {
		if c.client < 0 {
			return myobae.ChangeResult{}, false, c.noSuch()
		}
		here := &s.clients[c.client]
		is := flag(here)
		switch {
		case code != d.p.cast.clients[c.client].code:
			return myobae.ChangeResult{}, false, c.conflict(myobae.NameExpectedCodeMismatch)
		case !*is && version != strconv.Itoa(here.version):
			return myobae.ChangeResult{}, false, c.conflict(myobae.NameIncorrectRowVersionSupplied)
		}
		changed := !*is
		if changed {
			*is = true
			here.version++
		}
		entity := d.p.cast.myobaeEntity(s, c.client)
		return myobae.ChangeResult{Client: &entity}, changed, nil
	})
}

// myobaeOperations knows none: every change is done at once.
type myobaeOperations struct{ *door }

func (m myobaeOperations) Get(ctx context.Context, id myobae.OperationUID) (myobae.Operation, error) {
	c := read(MYOBAE, "Operations.Get", id, -1)
	return reach(ctx, m.door, c, func(*state) (myobae.Operation, bool, error) { return myobae.Operation{}, false, c.noSuch() })
}
