package sim

import (
	"context"
	"iter"

	"github.com/practicekit/offboarding/xpm"
)

type xpmClients struct{ *door }

// xpmClient finds the client with this id that XPM has, or -1.
func (c *cast) xpmClient(id xpm.ClientUUID) int {
	if i := sourceID(id, len(c.clients)); i >= 0 && c.inXPM[i] {
		return i
	}
	return -1
}

// sourceID reads a client's place out of its id in a source system.
func sourceID[T ~string](id T, clients int) int {
	if len(id) != len(uuid[T](0)) {
		return -1
	}
	n := 0
	for _, digit := range []byte(id[len(id)-12:]) {
		n = n*10 + int(digit-'0')
	}
	if n < 1 || n > clients {
		return -1
	}
	return n - 1
}

func (c *cast) xpmEntity(i int, archived, deleted bool) xpm.ClientEntity {
	who := c.clients[i]
	return xpm.ClientEntity{UUID: who.xpm, ClientCode: who.code, Name: who.name, IsArchived: archived, IsDeleted: deleted, StateKnown: true}
}

func (x xpmClients) Get(ctx context.Context, id xpm.ClientUUID) (xpm.ClientEntity, error) {
	c := read(XPM, "Clients.Get", id, x.p.cast.xpmClient(id))
	return reach(ctx, x.door, c, func(s *state) (xpm.ClientEntity, bool, error) {
		if c.client < 0 {
			return xpm.ClientEntity{}, false, c.noSuch()
		}
		x.p.answered(c, 1, 0)
		return x.p.cast.xpmEntity(c.client, s.clients[c.client].archived, s.clients[c.client].deleted), false, nil
	})
}

// Archive archives the client (R4). One that is archived already stays so.
func (x xpmClients) Archive(ctx context.Context, id xpm.ClientUUID) (xpm.ClientEntity, error) {
	c := once(XPM, "Clients.Archive", id, x.p.cast.xpmClient(id))
	return reach(ctx, x.door, c, func(s *state) (xpm.ClientEntity, bool, error) {
		if c.client < 0 {
			return xpm.ClientEntity{}, false, c.noSuch()
		}
		x.p.answered(c, 1, 0)
		changed := !s.clients[c.client].archived
		s.clients[c.client].archived = true
		return x.p.cast.xpmEntity(c.client, true, s.clients[c.client].deleted), changed, nil
	})
}

// standing is a client in a list, small enough to copy ten thousand of them.
type standing struct {
	client            int
	archived, deleted bool
}

func (x xpmClients) List(ctx context.Context, o xpm.ListOptions) iter.Seq2[xpm.ClientEntity, error] {
	c := read(XPM, "Clients.List", "", -1)
	c.slim = len(o.Fields) > 0
	return func(yield func(xpm.ClientEntity, error) bool) {
		all, err := reach(ctx, x.door, c, func(s *state) ([]standing, bool, error) {
			all := make([]standing, 0, len(s.clients))
			for i, client := range s.clients {
				if x.p.cast.inXPM[i] {
					all = append(all, standing{i, client.archived, client.deleted})
				}
			}
			x.p.answered(c, len(all), 0)
			return all, false, nil
		})
		for _, one := range all {
			if !yield(x.p.cast.xpmEntity(one.client, one.archived, one.deleted), nil) {
				return
			}
		}
		if err != nil {
			yield(xpm.ClientEntity{}, err)
		}
	}
}

type xpmJobs struct{ *door }

func (x xpmJobs) Current(ctx context.Context, o xpm.CurrentOptions) iter.Seq2[xpm.Job, error] {
	c := read(XPM, "Jobs.Current", "", -1)
	c.slim = len(o.Fields) > 0
	return func(yield func(xpm.Job, error) bool) {
		all, err := reach(ctx, x.door, c, func(s *state) ([]int, bool, error) {
			all := make([]int, 0, x.p.cast.jobsInXPM)
			for i, client := range s.clients {
				for range client.jobs {
					all = append(all, i)
				}
			}
			x.p.answered(c, 0, len(all))
			return all, false, nil
		})
		for _, i := range all {
			who := x.p.cast.clients[i]
			if !yield(xpm.Job{Name: "Annual accounts", Client: xpm.ClientRef{UUID: who.xpm, Name: who.name}}, nil) {
				return
			}
		}
		if err != nil {
			yield(xpm.Job{}, err)
		}
	}
}
