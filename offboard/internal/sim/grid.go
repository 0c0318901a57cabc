package sim

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/practicekit/offboarding/nimbus"
)

type account struct{ *door }

var everything = slices.DeleteFunc(nimbus.Capabilities(), func(c nimbus.Capability) bool { return c == nimbus.CapabilityEmailJobsSuspend })

// Get returns the edition. Everything of the contract is offered.
func (a account) Get(ctx context.Context) (nimbus.Account, error) {
	return reach(ctx, a.door, read(Nimbus, "Account.Get", "", -1), func(s *state) (nimbus.Account, bool, error) {
		return nimbus.Account{Edition: s.edition, Capabilities: everything}, false, nil
	})
}

// grid is the Client Grid.
type grid struct{ *door }

func (c *cast) gridEntity(i, life, folder int, integrated bool) nimbus.ClientEntity {
	who := c.clients[i]
	return nimbus.ClientEntity{ID: entityID(i, life), Code: who.code, Name: who.name, Integrated: integrated, FolderID: numbered[nimbus.FolderID]("f-", folder)}
}

// withEntity is a call about one entity; one that is not on the grid is not found.
func withEntity[T any](ctx context.Context, d *door, c Call, id nimbus.ClientID, do func(*state, *client) (T, bool, error)) (T, error) {
	i, life := d.p.cast.entity(id)
	c.client = i
	return reach(ctx, d, c, func(s *state) (T, bool, error) {
		if !s.on(i, life) {
			var none T
			return none, false, c.noSuch()
		}
		return do(s, &s.clients[i])
	})
}

func (g grid) Get(ctx context.Context, id nimbus.ClientID) (nimbus.ClientEntity, error) {
	i, life := g.p.cast.entity(id)
	return withEntity(ctx, g.door, read(Nimbus, "Clients.Get", id, i), id, func(_ *state, c *client) (nimbus.ClientEntity, bool, error) {
		return g.p.cast.gridEntity(i, life, c.folder, c.integrated), false, nil
	})
}

func (g grid) FindByCode(ctx context.Context, code string) ([]nimbus.ClientEntity, error) {
	i, known := g.p.cast.byCode[strings.ToLower(code)]
	if !known {
		i = -1
	}
	return reach(ctx, g.door, read(Nimbus, "Clients.FindByCode", code, i), func(s *state) ([]nimbus.ClientEntity, bool, error) {
		if i < 0 || !s.clients[i].onGrid {
			return nil, false, nil
		}
		return []nimbus.ClientEntity{g.p.cast.gridEntity(i, s.clients[i].lives, s.clients[i].folder, s.clients[i].integrated)}, false, nil
	})
}

// place on the grid, small enough to copy ten thousand of them.
type placed struct {
	client, life, folder int
	integrated           bool
}

func (g grid) All(ctx context.Context, _ nimbus.PageOptions) iter.Seq2[nimbus.ClientEntity, error] {
	return func(yield func(nimbus.ClientEntity, error) bool) {
		all, err := reach(ctx, g.door, read(Nimbus, "Clients.All", "", -1), func(s *state) ([]placed, bool, error) {
			all := make([]placed, 0, len(s.clients))
			for i, c := range s.clients {
				if c.onGrid {
					all = append(all, placed{i, c.lives, c.folder, c.integrated})
				}
			}
			return all, false, nil
		})
		for _, at := range all {
			if !yield(g.p.cast.gridEntity(at.client, at.life, at.folder, at.integrated), nil) {
				return
			}
		}
		if err != nil {
			yield(nimbus.ClientEntity{}, err)
		}
	}
}

// Delete deletes the entity by hand, which Documents for Signature do not stop
// (R6, R12).
func (g grid) Delete(ctx context.Context, id nimbus.ClientID) error {
	i, _ := g.p.cast.entity(id)
	_, err := withEntity(ctx, g.door, once(Nimbus, "Clients.Delete", id, i), id, func(s *state, _ *client) (struct{}, bool, error) {
		g.p.remove(s, i)
		return struct{}{}, true, nil
	})
	return err
}

type emailJobs struct{ *door }

func (e emailJobs) ListByClient(ctx context.Context, id nimbus.ClientID) ([]nimbus.EmailJob, error) {
	return withEntity(ctx, e.door, read(Nimbus, "EmailJobs.ListByClient", id, -1), id, func(_ *state, c *client) ([]nimbus.EmailJob, bool, error) {
		jobs := make([]nimbus.EmailJob, c.signatures)
		for n := range jobs {
			jobs[n] = nimbus.EmailJob{ID: numbered[nimbus.EmailJobID]("j-", n), JobStatus: nimbus.JobStatusActive, DocumentsForSignature: 1, OutstandingSignatures: 1}
		}
		return jobs, false, nil
	})
}

// Suspend is not simulated: the account does not offer it, so a person does it.
func (e emailJobs) Suspend(_ context.Context, id nimbus.EmailJobID) (nimbus.EmailJob, error) {
	return nimbus.EmailJob{}, once(Nimbus, "EmailJobs.Suspend", id, -1).fail(501, "", nimbus.ErrCapabilityUnavailable)
}
