package offboard

import (
	"context"
	"errors"
	"slices"

	"github.com/practicekit/offboarding/xpm"
)

// clientList is what one list told of all clients in XPM.
type clientList struct {
	ties   map[xpm.ClientUUID]ties // of the session's first list, where it was a detailed one
	byCode map[string][]xpm.ClientEntity
	byUUID map[xpm.ClientUUID]xpm.ClientEntity
}

// xpmClients is a list of all clients that began after the given record: one
// serves every client that has not changed since.
func (p practice) xpmClients(ctx context.Context, v View, after int) (clientList, error) {
	return p.clients.get(ctx, v.progress, after, func() (clientList, error) {
		var known map[xpm.ClientUUID]ties
		if p.clients.of == v.progress { // ours to look at while we read
			known = p.clients.value.ties
		}
		if known == nil && v.Spec.Policy.detailed() {
			// Without a choice of fields: groups that it left out would count as none.
			list, _, err := p.listXPM(ctx, xpm.ListOptions{Detailed: true})
			return list, err
		}
		list, complete, err := p.listXPM(ctx, xpm.ListOptions{Fields: []string{"ClientCode", "Name", "IsArchived", "IsDeleted"}})
		if err == nil && !complete {
			// How XPM takes a choice of fields is assumed: without it, it tells all.
			list, _, err = p.listXPM(ctx, xpm.ListOptions{})
		}
		list.ties = known
		return list, err
	})
}

// ties is how many groups and relationships a client is in.
type ties struct{ groups, relationships int }

// xpmCode is the code by which Nimbus knows the client: its name where XPM has no
// code for it.
func xpmCode(c xpm.ClientEntity) string {
	if c.ClientCode == "" {
		return c.Name
	}
	return c.ClientCode
}

// listXPM reads the list; complete reports whether it says of every client what
// state it is in.
func (p practice) listXPM(ctx context.Context, o xpm.ListOptions) (list clientList, complete bool, err error) {
	list = clientList{byCode: map[string][]xpm.ClientEntity{}, byUUID: map[xpm.ClientUUID]xpm.ClientEntity{}}
	complete = true
	if o.Detailed {
		list.ties = map[xpm.ClientUUID]ties{}
	}
	for c, err := range p.XPM.Clients.List(ctx, o) {
		if err != nil {
			return clientList{}, false, err
		}
		complete = complete && c.StateKnown
		code := codeKey(xpmCode(c))
		if o.Detailed {
			list.ties[c.UUID] = ties{len(c.Groups), len(c.Relationships)}
		}
		slim := xpm.ClientEntity{UUID: c.UUID, ClientCode: c.ClientCode, Name: c.Name, IsArchived: c.IsArchived, IsDeleted: c.IsDeleted, StateKnown: c.StateKnown}
		list.byCode[code] = append(list.byCode[code], slim)
		list.byUUID[c.UUID] = slim
	}
	return list, complete, nil
}

// sinceChange is the newest record after which it must be proved anew where the
// client stands in XPM: its last effect, whatever it was (I2, I11). Before it is
// touched only what was done to it in XPM counts: that it is not archived so far
// is no precondition of archiving it.
func (v View) sinceChange(removal string) int {
	v.progress.mu.RLock()
	defer v.progress.mu.RUnlock()
	own := v.progress.see(unit{client: v.Entity.Code}, removal).lastEffect()
	if !v.progress.touched(v.Entity.Code) {
		return own
	}
	return max(own, v.progress.lastEffect(unit{client: v.Entity.Code}))
}

// inXPM says where the client stands in XPM, from a list that is new enough, or
// from a read of its own where the list does not know it.
func (p practice) inXPM(ctx context.Context, v View, id xpm.ClientUUID, after int) (upstreamState, error) {
	list, err := p.xpmClients(ctx, v, after)
	if err != nil {
		return upstreamState{}, err
	}
	if c, ok := list.byUUID[id]; ok {
		return xpmState(c)
	}
	return p.getXPM(ctx, id)
}

// getXPM reads one client by itself.
func (p practice) getXPM(ctx context.Context, id xpm.ClientUUID) (upstreamState, error) {
	c, err := p.XPM.Clients.Get(ctx, id)
	switch {
	case unknownInXPM(err):
		return upstreamState{gone: true, how: "no longer in XPM: deleted or merged (P11)"}, nil
	case err != nil:
		return upstreamState{}, err
	}
	return xpmState(c)
}

// unknownInXPM reports whether XPM itself says that it has no such client, as
// against a gateway's 404. Assumed: it no longer shows a client that was deleted
// or merged away.
func unknownInXPM(err error) bool {
	refusal, ok := errors.AsType[*xpm.Error](err)
	return ok && errors.Is(err, xpm.ErrNotFound) && refusal.Description == "Invalid client identifier"
}

func xpmState(c xpm.ClientEntity) (upstreamState, error) {
	switch {
	case !c.StateKnown:
		return upstreamState{}, errors.New("XPM does not say whether the client is archived")
	case c.IsDeleted:
		return upstreamState{gone: true, how: "deleted or merged in XPM (P11)"}, nil
	}
	return upstreamState{gone: c.IsArchived, how: "archived in XPM", code: xpmCode(c)}, nil
}

// wouldLeave reports whether a Full Client Sync removes an entity with these
// clients in XPM: none of them is known to be active. An entity without any was
// deleted.
func wouldLeave(clients []xpm.ClientEntity) bool {
	return !slices.ContainsFunc(clients, func(c xpm.ClientEntity) bool { return c.StateKnown && !c.IsArchived && !c.IsDeleted })
}
