package sim

import (
	"context"

	"github.com/practicekit/offboarding/nimbus"
)

// portal is where contacts are managed.
type portal struct{ *door }

func (s *state) person(i int) nimbus.Contact {
	c := s.contacts[i]
	return nimbus.Contact{ID: numbered[nimbus.ContactID]("ct-", i), FirstName: c.firstName, Surname: c.surname, Email: c.email,
		HasLogin: c.login, PortalAccess: c.access, Invited: c.invited}
}

// withContact is a call about one contact; one that is gone is not found.
func withContact[T any](ctx context.Context, d *door, c Call, id nimbus.ContactID, do func(*state, *contact, int) (T, bool, error)) (T, error) {
	return reach(ctx, d, c, func(s *state) (T, bool, error) {
		i := place(id, "ct-", len(s.contacts))
		if i < 0 || s.contacts[i].gone {
			var none T
			return none, false, c.noSuch()
		}
		return do(s, &s.contacts[i], i)
	})
}

func (p portal) ListByClient(ctx context.Context, id nimbus.ClientID) ([]nimbus.Contact, error) {
	return withEntity(ctx, p.door, read(Nimbus, "Contacts.ListByClient", id, -1), id, func(s *state, c *client) ([]nimbus.Contact, bool, error) {
		all := make([]nimbus.Contact, 0, len(c.contacts))
		for _, i := range c.contacts {
			if !s.contacts[i].gone {
				all = append(all, s.person(i))
			}
		}
		return all, false, nil
	})
}

func (p portal) Get(ctx context.Context, id nimbus.ContactID) (nimbus.Contact, error) {
	return withContact(ctx, p.door, read(Nimbus, "Contacts.Get", id, -1), id, func(s *state, _ *contact, i int) (nimbus.Contact, bool, error) {
		return s.person(i), false, nil
	})
}

func (p portal) Relations(ctx context.Context, id nimbus.ContactID) ([]nimbus.Relation, error) {
	return withContact(ctx, p.door, read(Nimbus, "Contacts.Relations", id, -1), id, func(s *state, c *contact, _ int) ([]nimbus.Relation, bool, error) {
		all := make([]nimbus.Relation, 0, len(c.related))
		for _, i := range c.related {
			who := p.p.cast.clients[i]
			all = append(all, nimbus.Relation{ClientID: entityID(i, s.clients[i].lives), Code: who.code, Name: who.name})
		}
		return all, false, nil
	})
}

// RemovePortalAccess takes the access to the portal away. One without it stays
// as it is.
func (p portal) RemovePortalAccess(ctx context.Context, id nimbus.ContactID) error {
	_, err := withContact(ctx, p.door, repeatable(Nimbus, "Contacts.RemovePortalAccess", id, -1), id, func(_ *state, c *contact, _ int) (struct{}, bool, error) {
		changed := c.access
		c.access = false
		return struct{}{}, changed, nil
	})
	return err
}

// Delete deletes a contact that is related to no entity (R15, R16).
func (p portal) Delete(ctx context.Context, id nimbus.ContactID) error {
	c := once(Nimbus, "Contacts.Delete", id, -1)
	_, err := withContact(ctx, p.door, c, id, func(_ *state, who *contact, _ int) (struct{}, bool, error) {
		if len(who.related) > 0 {
			return struct{}{}, false, c.conflict(nimbus.CodeContactRelated)
		}
		who.gone = true
		return struct{}{}, true, nil
	})
	return err
}
