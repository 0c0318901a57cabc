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
	all    []xpmClient
	byCode map[string][]int // places in all
	byUUID map[xpm.ClientUUID]int
}

// xpmClient is what off-boarding needs to know of a client in XPM.
type xpmClient struct {
	id   xpm.ClientUUID
	code string // by which Nimbus knows it: its name where XPM has no code for it
	// archived and deleted mean something only where known.
	known, archived, deleted bool
}

func slim(c xpm.ClientEntity) xpmClient {
	code := c.ClientCode
	if code == "" {
		code = c.Name
	}
	return xpmClient{c.UUID, code, c.StateKnown, c.IsArchived, c.IsDeleted}
}

// withCode are the clients that have a code.
func (l clientList) withCode(code string) (clients []xpmClient) {
	for _, i := range l.byCode[codeKey(code)] {
		clients = append(clients, l.all[i])
	}
	return clients
}

// withID is the client with an id.
func (l clientList) withID(id xpm.ClientUUID) (xpmClient, bool) {
	i, ok := l.byUUID[id]
	if !ok {
		return xpmClient{}, false
	}
	return l.all[i], true
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

// listXPM reads the list; complete reports whether it says of every client what
// state it is in.
func (p practice) listXPM(ctx context.Context, o xpm.ListOptions) (list clientList, complete bool, err error) {
	list = clientList{byCode: map[string][]int{}, byUUID: map[xpm.ClientUUID]int{}}
	complete = true
	if o.Detailed {
		list.ties = map[xpm.ClientUUID]ties{}
	}
	for c, err := range p.XPM.Clients.List(ctx, o) {
		if err != nil {
			return clientList{}, false, err
		}
		complete = complete && c.StateKnown
		if o.Detailed {
			list.ties[c.UUID] = ties{len(c.Groups), len(c.Relationships)}
		}
		client := slim(c)
		key := codeKey(client.code)
		list.byCode[key] = append(list.byCode[key], len(list.all))
		list.byUUID[client.id] = len(list.all)
		list.all = append(list.all, client)
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
	if c, ok := list.withID(id); ok {
		return c.state()
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
	return slim(c).state()
}

// unknownInXPM reports whether XPM itself says that it has no such client, as
// against a gateway's 404. Assumed: it no longer shows a client that was deleted
// or merged away.
func unknownInXPM(err error) bool {
	refusal, ok := errors.AsType[*xpm.Error](err)
	return ok && errors.Is(err, xpm.ErrNotFound) && refusal.Description == "Invalid client identifier"
}

func (c xpmClient) state() (upstreamState, error) {
	switch {
	case !c.known:
		return upstreamState{}, errors.New("XPM does not say whether the client is archived")
	case c.deleted:
		return upstreamState{gone: true, how: "deleted or merged in XPM (P11)"}, nil
	}
	return upstreamState{gone: c.archived, how: "archived in XPM", code: c.code}, nil
}

// wouldLeave reports whether a Full Client Sync removes an entity with these
// clients in XPM: none of them is known to be active. An entity without any was
// deleted.
func wouldLeave(clients []xpmClient) bool {
	return !slices.ContainsFunc(clients, func(c xpmClient) bool { return c.known && !c.archived && !c.deleted })
}
