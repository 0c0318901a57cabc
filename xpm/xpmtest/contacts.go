package xpmtest

import (
	"cmp"
	"slices"
	"strings"
)

func (s *Server) contactRoutes() []route {
	return []route{
		{"GET", "client.api/contacts", s.contacts},
		{"POST", "client.api/contact", s.addContact},
		{"GET", "client.api/contact/{uuid}", s.getContact},
		{"PUT", "client.api/contact/{uuid}", s.updateContact},
		{"DELETE", "client.api/contact/{uuid}", s.deleteContact},
		{"POST", "client.api/client/{uuid}/contacts", s.linkContacts},
	}
}

// A contact stands with each client it belongs to, under one UUID; Position and
// Primary are those with that client. One that belongs to none is deleted.

// Contact returns the contact, with the Position and Primary of the client, or
// of any of its clients if that is empty; and whether there is one.
func (s *Server) Contact(uuid, client string) (Contact, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.contact(strings.ToLower(uuid), strings.ToLower(client))
}

// contact is Contact; s.mu is held.
func (s *Server) contact(uuid, client string) (Contact, bool) {
	if c, ok := s.gone[uuid]; ok && client == "" {
		return c, true
	}
	for _, of := range s.holders(uuid) {
		if client == "" || of == client {
			c := s.clients[of]
			return c.Contacts[c.place(uuid)], true
		}
	}
	return Contact{}, false
}

// holders are the clients that have the contact, in order; s.mu is held.
func (s *Server) holders(uuid string) (clients []string) {
	for id, c := range s.clients {
		if c.place(uuid) >= 0 {
			clients = append(clients, id)
		}
	}
	slices.Sort(clients)
	return clients
}

// place is where the client has the contact, or -1.
func (c Client) place(uuid string) int {
	return slices.IndexFunc(c.Contacts, func(k Contact) bool { return k.UUID == uuid })
}

// hold gives the client the contact, or replaces it; there is one primary
// contact, the last that was made it. s.mu is held.
func (s *Server) hold(client string, k Contact) {
	c := cloned(s.clients[client])
	if k.Primary {
		for i := range c.Contacts {
			c.Contacts[i].Primary = false
		}
	}
	if i := c.place(k.UUID); i >= 0 {
		c.Contacts[i] = k
	} else {
		c.Contacts = append(c.Contacts, k)
	}
	s.clients[client] = c
}

// contacts leaves out deleted ones, and what a contact is with a client.
func (s *Server) contacts(a *answering) {
	const method = "Contacts"
	s.mu.Lock()
	found := map[string]Contact{}
	for _, c := range s.clients {
		for _, k := range c.Contacts {
			if !k.Deleted {
				found[k.UUID] = k
			}
		}
	}
	s.mu.Unlock()
	var all []Contact
	for _, k := range found {
		all = append(all, k)
	}
	slices.SortFunc(all, byName)
	from, to, ok := a.page(method, len(all))
	if !ok {
		return
	}
	x := begin(method, "OK")
	x.container(method, to-from, func(i int) { x.contact(all[from+i], false) })
	a.links(x, "client.api/contacts", to, len(all))
	a.send(x)
}

func byName(a, b Contact) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.UUID, b.UUID))
}

// sendContact answers with one contact, as every method about one does.
func (a *answering) sendContact(k Contact, withClient bool) {
	x := begin("Contact", "OK")
	x.contact(k, withClient && !k.Deleted)
	a.send(x)
}

func (s *Server) getContact(a *answering) {
	k, ok := s.Contact(a.id("uuid"), a.query("clientUuid"))
	if !ok {
		a.refuse("Contact", "Invalid contact identifier")
		return
	}
	s.mu.Lock()
	alone := len(s.holders(k.UUID)) == 1
	s.mu.Unlock()
	a.sendContact(k, alone || a.query("clientUuid") != "")
}

// take puts what a request says of a contact into k.
func (k *Contact) take(n node) {
	for name, v := range map[string]*string{"Name": &k.Name, "Salutation": &k.Salutation, "Addressee": &k.Addressee, "Mobile": &k.Mobile, "Email": &k.Email, "Phone": &k.Phone, "Position": &k.Position} {
		n.set(name, v)
	}
	if v := n.at("IsPrimary"); v != "" {
		k.Primary = strings.EqualFold(v, "Yes")
	}
}

func (s *Server) addContact(a *answering) {
	n := a.body("Contact")
	client := n.id("Client", "UUID")
	var k Contact
	k.take(n)
	s.mu.Lock()
	c, ok := s.clients[client]
	ok = ok && !c.Deleted
	if ok && k.Name != "" {
		k.UUID = s.newUUID()
		s.hold(client, k)
	}
	s.mu.Unlock()
	s.effect("create-contact", c.Code, k.UUID, false, k.UUID != "")
	switch {
	case !ok:
		a.refuse("Contact", "Invalid client identifier")
	case k.UUID == "":
		a.refuse("Contact", "The contact name is required")
	default:
		a.sendContact(k, true)
	}
}

func (s *Server) updateContact(a *answering) {
	n := a.body("Contact")
	uuid, client := a.id("uuid"), cmp.Or(n.id("Client", "UUID"), strings.ToLower(a.query("clientUuid")))
	refusal := ""
	s.mu.Lock()
	before, ok := s.contact(uuid, client)
	after := before
	after.take(n)
	if client == "" {
		after.Position, after.Primary = before.Position, before.Primary
	}
	switch {
	case !ok || before.Deleted:
		refusal = "Invalid contact identifier"
	case after.Name == "":
		refusal = "The contact name is required"
	default:
		for _, of := range s.holders(uuid) {
			k := after
			if of != client {
				was := s.clients[of].Contacts[s.clients[of].place(uuid)]
				k.Position, k.Primary = was.Position, was.Primary
			}
			s.hold(of, k)
		}
	}
	code := s.clients[client].Code
	s.mu.Unlock()
	s.effect("update-contact", code, uuid, false, refusal == "" && after != before)
	if refusal != "" {
		a.refuse("Contact", refusal)
		return
	}
	a.sendContact(after, client != "")
}

// deleteContact takes the contact from the client, or from all if none is named.
func (s *Server) deleteContact(a *answering) {
	uuid, client := a.id("uuid"), strings.ToLower(a.query("clientUuid"))
	s.mu.Lock()
	k, ok := s.contact(uuid, client)
	ok = ok && !k.Deleted
	if ok {
		for _, of := range s.holders(uuid) {
			if client == "" || of == client {
				c := cloned(s.clients[of])
				i := c.place(uuid)
				c.Contacts = slices.Delete(c.Contacts, i, i+1)
				s.clients[of] = c
			}
		}
		if len(s.holders(uuid)) == 0 {
			k.Deleted = true
			if s.gone == nil {
				s.gone = map[string]Contact{}
			}
			s.gone[uuid] = k
		}
	}
	code := s.clients[client].Code
	s.mu.Unlock()
	s.effect("delete-contact", code, uuid, true, ok)
	if !ok {
		a.refuse("Contact", "Invalid contact identifier")
		return
	}
	a.sendContact(k, false)
}

// linkContacts links all contacts of a request or none.
func (s *Server) linkContacts(a *answering) {
	const method = "Contacts"
	uuid := a.id("uuid")
	list, _ := a.body("Client").child("Contacts")
	wanted := list.all("Contact")
	refusal, changed := "", false
	s.mu.Lock()
	c, ok := s.clients[uuid]
	switch {
	case !ok || c.Deleted:
		refusal = "Invalid client identifier"
	case len(wanted) == 0 || len(wanted) > 10:
		refusal = "Up to 10 contacts can be added to a client per request"
	}
	var links []Contact
	for _, n := range wanted {
		k, ok := s.contact(n.id("UUID"), "")
		if i := c.place(k.UUID); ok && i >= 0 {
			k = c.Contacts[i]
		} else {
			k.Position, k.Primary = "", false
		}
		if (!ok || k.Deleted) && refusal == "" {
			refusal = "Invalid contact identifier"
		}
		k.take(node{Children: append(n.all("Position"), n.all("IsPrimary")...)})
		links = append(links, k)
	}
	if refusal == "" {
		before := cloned(s.clients[uuid])
		for _, k := range links {
			s.hold(uuid, k)
		}
		changed = !slices.Equal(before.Contacts, s.clients[uuid].Contacts)
	}
	s.mu.Unlock()
	s.effect("link-contacts", c.Code, uuid, false, changed)
	if refusal != "" {
		a.refuse(method, refusal)
		return
	}
	x := begin(method, "OK")
	x.open("Client")
	x.text("UUID", uuid)
	x.container("Contacts", len(links), func(i int) {
		x.open("Contact")
		x.text("UUID", links[i].UUID)
		x.text("Position", links[i].Position)
		x.flag("IsPrimary", links[i].Primary)
		x.shut("Contact")
	})
	x.shut("Client")
	a.send(x)
}
